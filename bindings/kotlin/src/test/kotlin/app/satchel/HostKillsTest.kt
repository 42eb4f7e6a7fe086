package app.satchel

import java.io.File
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * A host of the HTTP is killed at any moment, while its system, a process of its own, finishes what it was given and sends some of it
 * once more at an offset that is stale by then. How often is said by `-Dsatchel.hostKills=…`.
 */
internal class HostKillsTest : InFolder() {
    private val kills = System.getProperty("satchel.hostKills").toInt()

    @Test
    fun `a system that goes on without its host delivers everything once`() = real(5.minutes + 5.seconds * kills) {
        val seed = System.getProperty("satchel.seed")?.toInt() ?: Random.nextInt()
        val random = Random(seed)
        val camera = Camera(folder)
        val keys = KeyFile(File(folder, "keys"))
        val struck = sortedMapOf<String, Int>()
        var stale = 0
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val (target, owner) =
                    Satchel.open(config(folder), keys).use { it.pair(receiver.pairingCode(link.address), "a phone").id to it.newHostId() }
                carrier(random.nextInt()) { port ->
                    val lives = Lives(Host::class.java, folder.path, "$port", owner)
                    link.obey("rate 1MB")
                    repeat(kills) { kill ->
                        repeat(2) { n -> camera.shoot("photo-%05d-%d.jpg".format(kill, n), 20_000 + random.nextInt(300_000)) }
                        // While it starts and its outbox opens, or from when it asks for steps on.
                        val since = if (random.nextInt(4) == 0) "started" else "asking"
                        val life = lives.killed(random.nextLong(0, 900), since)
                        if (life.killed) struck.merge(life.words.lastOrNull() ?: "nothing", 1, Int::plus)
                        stale += life.words.count { it == "stale" }
                    }
                    link.obey("open")
                    val last = lives.whole()
                    stale += last.words.count { it == "stale" }
                    val photos = Satchel.open(config(folder), keys).use { camera.assertAllThereOnce(it, receiver, target) }
                    val sums = ToCarrier(port).use { it.sums() }
                    println(
                        "$kills kills of a host (seed $seed), last words $struck, $stale outcomes told in vain, $sums: " +
                            "$photos photos, each there once",
                    )
                    assertTrue(sums.alone > 0, "transfers finish while the host is dead: $sums")
                    assertTrue(sums.refused > 0, "repeats meet a 409: $sums")
                    assertTrue(kills < 10 || struck.size > 2, "kills struck at different moments: $struck")
                }
            }
        }
    }

    /** A carrier for as long as [use] goes on. */
    private suspend fun carrier(seed: Int, use: suspend (Int) -> Unit) {
        val process = jvm(Carrier::class.java, File(folder, "carrier").path, "$seed").start()
        try {
            use(process.inputReader().readLine().toInt())
        } finally {
            process.destroyForcibly().waitFor()
        }
    }
}
