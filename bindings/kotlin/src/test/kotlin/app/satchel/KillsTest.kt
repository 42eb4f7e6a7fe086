package app.satchel

import java.io.File
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * A JVM is killed in the middle of adding and sending, again and again; how often is said by `-Dsatchel.kills=…`. In the end all that
 * was accepted is at the receiver, once, with a receipt, and in the outbox once.
 */
internal class KillsTest : InFolder() {
    private val kills = System.getProperty("satchel.kills").toInt()
    private val struck = Struck()

    @Test
    fun `nothing is lost and nothing completed twice`() = real(5.minutes + 5.seconds * kills) {
        val seed = System.getProperty("satchel.seed")?.toInt() ?: Random.nextInt()
        val random = Random(seed)
        val camera = Camera(folder)
        val lives = Lives(Killed::class.java, folder.path)
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val keys = KeyFile(File(folder, "keys"))
                val target = Satchel.open(config(folder), keys).use { it.pair(receiver.pairingCode(link.address), "a phone").id }
                link.obey("rate 1MB")
                repeat(kills) { kill ->
                    repeat(2) { n -> camera.shoot("photo-%05d-%d.jpg".format(kill, n), 20_000 + random.nextInt(400_000)) }
                    val life =
                        when (random.nextInt(4)) {
                            // While the JVM starts, the outbox opens, and whatever comes then.
                            0 -> lives.killed(random.nextLong(50, 900))

                            1 -> lives.killed(random.nextLong(0, 40), "adding")

                            else -> lives.killed(random.nextLong(0, 500), "sending")
                        }
                    struck.count(life)
                }
                link.obey("open")
                lives.whole()
                val photos = Satchel.open(config(folder), keys).use { camera.assertAllThereOnce(it, receiver, target) }
                println("$kills kills (seed $seed), $struck: $photos photos, each there once")
                assertTrue(kills < 10 || struck.surely > kills / 4, "kills fell into the middle: $struck")
            }
        }
    }

    /**
     * Where kills fell, counted only where it is sure: in the middle of adding, when an `add` had begun and not returned; in the middle
     * of sending, when bytes of some upload had moved in that life, and the outbox has an upload under way that nothing was recorded of.
     */
    private inner class Struck {
        private var adding = 0
        private var sending = 0
        private var ended = 0

        /** How many kills fell surely in the middle of adding or sending. */
        var surely = 0
            private set

        fun count(life: Lives.Life) {
            if (!life.killed) ended += 1
            if (!life.killed) return
            val added = life.last("adding", "added") == "adding"
            val sent = life.last("sending") != null && underWay() > 0
            if (added) adding += 1
            if (sent) sending += 1
            if (added || sent) surely += 1
        }

        private fun underWay() =
            query(File(config(folder).folder, "outbox.db"), "SELECT count(*) FROM delivery WHERE stage = 'sending'").single().toInt()

        override fun toString() =
            "$surely surely in the middle ($adding of adding, $sending of sending); $ended processes had done all before their kill"
    }
}
