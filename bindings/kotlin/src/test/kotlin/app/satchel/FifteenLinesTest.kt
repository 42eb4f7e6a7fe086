package app.satchel

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

internal class FifteenLinesTest : InFolder() {
    @Test
    fun `fifteen lines send a photo`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            sendFirstPhoto(File(folder, "outbox"), Keys(), receiver.pairingCode(), photo(folder, "first.jpg"))
            assertEquals(1, receiver.completed().size)
            assertEquals(listOf("First light"), receiver.captions())
        }
    }

    @Test
    fun `they are fifteen at most`() {
        val source = File("src/test/kotlin/app/satchel/FifteenLines.kt").readLines()
        val function = source.dropWhile { !it.startsWith("suspend fun") }
        assertTrue(function.size <= 15, "${function.size} lines")
    }
}
