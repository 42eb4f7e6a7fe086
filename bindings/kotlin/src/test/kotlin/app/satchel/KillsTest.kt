package app.satchel

import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * A JVM is killed in the middle of adding and sending, again and again; how often is said by `-Dsatchel.kills=…`. In the end all that
 * was accepted is at the receiver, once, with a receipt, and in the outbox once.
 */
internal class KillsTest : InFolder() {
    private val kills = System.getProperty("satchel.kills").toInt()

    /** What it was doing when it was killed, by its last word. */
    private val struck = sortedMapOf<String, Int>()

    @Test
    fun `nothing is lost and nothing completed twice`() = real(5.minutes + 5.seconds * kills) {
        val seed = System.getProperty("satchel.seed")?.toInt() ?: Random.nextInt()
        val random = Random(seed)
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val keys = KeyFile(File(folder, "keys"))
                val target = Satchel.open(config(folder), keys).use { it.pair(receiver.pairingCode(link.address), "a phone").id }
                link.obey("rate 1MB")
                repeat(kills) { kill ->
                    repeat(2) { n ->
                        photo(File(folder, "photos"), "photo-%05d-%d.jpg".format(kill, n), 20_000 + random.nextInt(400_000))
                    }
                    live(random.nextLong(50, 900))
                }
                link.obey("open")
                live(null)
                val taken = Killed.photos(folder)
                assertEquals(taken.map { it.name }.toSet(), Killed.accepted(folder))
                Satchel.open(config(folder), keys).use { satchel ->
                    val there = mutableListOf<Asset>()
                    satchel.assets().collect { there += it }
                    assertEquals(taken.toSet(), there.map { it.source.file }.toSet())
                    assertEquals(taken.size, there.size, "one file is one asset")
                    for (asset in there) {
                        assertEquals(AssetState.Delivered(Proof.Receipt), asset.state)
                        assertEquals(asset.name, asset.post.caption)
                        assertEquals(asset.source.file?.length(), asset.bytes)
                    }
                    val completed = receiver.completed()
                    assertEquals(there.map { it.hash }.toSet(), completed.toSet())
                    assertEquals(taken.size, completed.size, "nothing was completed twice")
                    assertEquals(taken.map { it.name }.sorted(), receiver.captions().sorted())
                    assertEquals(CheckReport(taken.size.toLong(), 0, 0), satchel.check(target))
                }
                println("$kills kills (seed $seed), last words $struck: ${taken.size} photos, each there once")
                assertTrue(kills < 10 || struck.size > 1, "kills struck at different moments: $struck")
            }
        }
    }

    /** Starts the process, and kills it some milliseconds after it started; or lets it come to its end. */
    private fun live(milliseconds: Long?) {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val options = listOf("-XX:TieredStopAtLevel=1", "-Xmx128m", "-Djna.library.path=${System.getProperty("jna.library.path")}")
        val process =
            ProcessBuilder(
                listOf(java) + options + listOf("-cp", System.getProperty("java.class.path"), Killed::class.java.name, folder.path),
            ).redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
        var word = "nothing"
        val words = process.inputStream.bufferedReader()
        assertEquals("started", words.readLine())
        val listening = thread { runCatching { words.forEachLine { word = it } } }
        if (milliseconds == null) {
            assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it ends when all is delivered; its last word: $word")
            listening.join()
            assertEquals("done" to 0, word to process.exitValue())
        } else {
            Thread.sleep(milliseconds)
            val ended = !process.isAlive
            process.destroyForcibly().waitFor()
            listening.join()
            if (!ended) struck.merge(word, 1, Int::plus)
        }
    }
}
