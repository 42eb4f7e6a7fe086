/*
 * Processes that are killed, what they were doing then, and what must be true in the end.
 */
package app.satchel

import java.io.File
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** A JVM of its own, that runs the `main` of a test class. Its library is this one's. */
internal fun jvm(main: Class<*>, vararg arguments: String): ProcessBuilder {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val options = listOf("-XX:TieredStopAtLevel=1", "-Xmx128m", "-Djna.library.path=${System.getProperty("jna.library.path")}")
    val called = listOf("-cp", System.getProperty("java.class.path"), main.name) + arguments
    return ProcessBuilder(listOf(java) + options + called).redirectError(ProcessBuilder.Redirect.INHERIT)
}

/**
 * A process that says what it is about to do, a word a line: first `started`, last `done`. [main] and [arguments] are its own.
 */
internal class Lives(private val main: Class<*>, private vararg val arguments: String) {
    /** Its words of one life, in their order, and whether that life ended by a kill. */
    class Life(val words: List<String>, val killed: Boolean) {
        /** The last of these words. */
        fun last(vararg among: String): String? = words.lastOrNull { it in among }
    }

    /** Starts it, and kills it some milliseconds after it said a word for the first time, if it comes to say it. */
    fun killed(milliseconds: Long, word: String = "started"): Life = live(word) { process ->
        Thread.sleep(milliseconds)
        val killed = process.isAlive
        process.destroyForcibly().waitFor()
        killed
    }

    /** Starts it, and lets it come to its end. */
    fun whole(): Life {
        val life =
            live("done") { process ->
                if (!process.waitFor(5, TimeUnit.MINUTES)) process.destroyForcibly().waitFor()
                assertEquals(0, process.exitValue(), "it ends when all is delivered")
                false
            }
        assertEquals("done", life.words.last())
        return life
    }

    private fun live(word: String, end: (Process) -> Boolean): Life {
        val process = jvm(main, *arguments).start()
        val words = mutableListOf<String>()
        val said = CountDownLatch(1)
        val listening =
            thread {
                runCatching {
                    process.inputStream.bufferedReader().forEachLine {
                        words += it
                        if (it == word) said.countDown()
                    }
                }
                said.countDown()
            }
        said.await(5, TimeUnit.MINUTES)
        val killed = end(process)
        listening.join()
        assertEquals("started", words.firstOrNull())
        assertTrue(killed || process.exitValue() == 0, "it failed by itself; its last words: ${words.takeLast(5)}")
        return Life(words.drop(1), killed)
    }
}

/** Photos of a folder that a process adds, and its notes of those that `add` took. */
internal class Camera(private val folder: File) {
    private val place = File(folder, "photos")
    val notes = File(folder, "accepted")

    fun shoot(name: String, bytes: Int): File = photo(place, name, bytes)

    fun photos(): List<File> = place.listFiles().orEmpty().sortedBy { it.name }

    /** What `add` took, by name; the last line may be cut. */
    fun accepted(): Set<String> = if (notes.exists()) notes.readText().split('\n').dropLast(1).toSet() else emptySet()

    /** All that was shot is in the outbox once, was completed once, and the receiver signed for it. Returns how many there are. */
    suspend fun assertAllThereOnce(satchel: Satchel, receiver: Receiver, target: TargetId): Int {
        val shot = photos()
        assertEquals(shot.map { it.name }.toSet(), accepted())
        val there = mutableListOf<Asset>()
        satchel.assets().collect { there += it }
        assertEquals(shot.toSet(), there.map { it.source.file }.toSet())
        assertEquals(shot.size, there.size, "one file is one asset")
        for (asset in there) {
            assertEquals(AssetState.Delivered(Proof.Receipt), asset.state)
            assertEquals(asset.name, asset.post.caption)
            assertEquals(asset.source.file?.length(), asset.bytes)
        }
        val completed = receiver.completed()
        assertEquals(there.map { it.hash }.toSet(), completed.toSet())
        assertEquals(shot.size, completed.size, "nothing was completed twice")
        assertEquals(shot.map { it.name }.sorted(), receiver.captions().sorted())
        assertEquals(CheckReport(shot.size.toLong(), 0, 0), satchel.check(target))
        return shot.size
    }
}
