/*
 * A host that carries requests itself.
 */
package app.satchel

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible

/** Carries steps, and tells what came of them. */
internal class JavaHost(private val satchel: Satchel, private val owner: String) {
    private val wire = Wire()

    /** Asks for steps and carries them, until there are none. Returns how many it carried. */
    suspend fun carryAll(limits: HostLimits): Int {
        var carried = 0
        while (true) {
            val steps = satchel.hostSteps(owner, limits).steps
            if (steps.isEmpty()) return carried
            for (step in steps) {
                satchel.hostOutcome(step.lease, carry(step))
                carried += 1
            }
        }
    }

    /** One request; the reply or why none came. */
    suspend fun carry(step: HostStep): HostOutcome = runInterruptible(Dispatchers.IO) { wire.carry(Transfer(step)) }
}
