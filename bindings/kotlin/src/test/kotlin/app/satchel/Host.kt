/*
 * The app that is killed while a carrier goes on: adds photos, hands steps over, and takes what came of them.
 */
package app.satchel

import app.satchel.Killed.say
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.File
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.milliseconds

/** `Host FOLDER PORT OWNER`: the outbox, photos and notes are in the folder, the carrier at the port. */
internal object Host {
    /** How many transfers the carrier has at once. */
    private const val QUEUE = 4

    @JvmStatic
    fun main(arguments: Array<String>) {
        val (place, port, owner) = arguments
        val folder = File(place)
        say("started")
        runBlocking(Dispatchers.Default) {
            ToCarrier(port.toInt()).use { carrier ->
                Satchel.open(config(folder), KeyFile(File(folder, "keys"))).use { satchel ->
                    satchel.hostRunning(owner, carrier.running())
                    val adding = launch { Killed.addAll(satchel, Camera(folder)) }
                    while (true) {
                        val moved = take(satchel, carrier) + hand(satchel, carrier, owner)
                        if (moved > 0) continue
                        if (carrier.running().isEmpty()) {
                            if (adding.isCompleted && satchel.counts().run { unread + open + postsOpen } == 0L) break
                            satchel.tryNow()
                        }
                        delay(10.milliseconds)
                    }
                }
            }
        }
        say("done")
        exitProcess(0)
    }

    /** Tells the outbox what came of what; how many outcomes there were. */
    private suspend fun take(satchel: Satchel, carrier: ToCarrier): Int {
        val outcomes = carrier.outcomes()
        for (kept in outcomes) {
            say("telling")
            val taken = satchel.hostOutcome(kept.lease, kept.outcome)
            say(if (taken == Taken.Stale) "stale" else "told")
            carrier.took(kept)
        }
        return outcomes.size
    }

    /** Hands over as many steps as there is room for; how many there were. */
    private suspend fun hand(satchel: Satchel, carrier: ToCarrier, owner: String): Int {
        val room = QUEUE - carrier.running().size
        if (room <= 0) return 0
        say("asking")
        val steps = satchel.hostSteps(owner, HostLimits(mostSteps = room, mostBytesPerStep = 65_536)).steps
        for (step in steps) {
            say("handing")
            carrier.carry(Transfer(step))
            say("handed")
        }
        if (steps.isEmpty()) say("idle")
        return steps.size
    }
}
