package app.satchel

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue

/** The app's own system carries the requests, and the app writes files into the outbox. */
internal class HostHttpTest : InFolder() {
    private fun paired(test: suspend (Satchel, Receiver, JavaHost, String) -> Unit) = real {
        Receiver(File(folder, "store")).use { receiver ->
            Satchel.open(config(folder), Keys()).use { satchel ->
                satchel.pair(receiver.pairingCode(), "a phone")
                val owner = satchel.newHostId()
                assertEquals(0, satchel.hostRunning(owner, emptyList()))
                test(satchel, receiver, JavaHost(satchel, owner), owner)
            }
        }
    }

    /** Small steps, so that an upload takes several. */
    private val small = HostLimits(mostSteps = 2, mostBytesPerStep = 65_536)

    @Test
    fun `a host with java net http delivers everything with receipts`() = paired { satchel, receiver, host, _ ->
        val ids = List(5) { satchel.add(photo(folder, "$it.jpg", 100_000 + 30_000 * it), AddOptions(PostEdit("Photo $it"))).id }
        var carried = 0
        until("all are delivered") {
            carried += host.carryAll(small)
            ids.all { satchel.asset(it).state is AssetState.Delivered }
        }
        println("a host carried 5 photos in $carried requests")
        for (id in ids) assertEquals(AssetState.Delivered(Proof.Receipt), satchel.asset(id).state)
        assertEquals(ids.map { satchel.asset(it).hash }.toSet(), receiver.completed().toSet())
        assertEquals(5, receiver.completed().size)
        assertEquals(5, receiver.captions().size)
    }

    @Test
    fun `outcomes that come late or twice or never are harmless`() = paired { satchel, receiver, host, owner ->
        val id = satchel.add(photo(folder, "a.jpg", 300_000)).id
        var turn = 0
        until("it is delivered") {
            val steps = satchel.hostSteps(owner, small).steps
            for (step in steps) {
                assertTrue(step.headers.none { it.value in step.toString() }, "$step")
                val outcome = host.carry(step)
                when (turn++ % 4) {
                    // Told twice: the second time changes nothing.
                    0 -> {
                        assertIs<Taken.Recorded>(satchel.hostOutcome(step.lease, outcome))
                        assertEquals(Taken.Stale, satchel.hostOutcome(step.lease, outcome))
                    }

                    // Never told, and the system forgot it; then told late.
                    1 -> {
                        assertTrue(satchel.hostRunning(owner, emptyList()) >= 1)
                        assertEquals(Taken.Stale, satchel.hostOutcome(step.lease, outcome))
                    }

                    // The reply was lost.
                    2 -> {
                        satchel.hostOutcome(step.lease, HostOutcome.Cut(HostCut.NoReply))
                        satchel.tryNow()
                    }

                    else -> {
                        satchel.hostOutcome(step.lease, outcome)
                    }
                }
            }
            satchel.asset(id).state is AssetState.Delivered
        }
        assertEquals(AssetState.Delivered(Proof.Receipt), satchel.asset(id).state)
        assertEquals(listOf(satchel.asset(id).hash), receiver.completed())
    }

    @Test
    fun `another key than the pinned one gets nothing`() = paired { satchel, receiver, host, owner ->
        val id = satchel.add(photo(folder, "a.jpg", 100_000)).id
        until("there is a step") {
            val step = satchel.hostSteps(owner, small.copy(mostSteps = 1)).steps.firstOrNull() ?: return@until false
            val other = "A".repeat(checkNotNull(step.pin).length)
            val forged =
                HostStep(
                    step.lease,
                    step.upload,
                    step.epoch,
                    step.asset,
                    step.target,
                    step.method,
                    step.url,
                    step.headers,
                    step.body,
                    step.stall,
                    step.reply,
                    step.unmeteredOnly,
                    step.notConstrained,
                    step.noCellular,
                    step.notRoaming,
                    step.notBefore,
                    step.freshConnection,
                    other,
                )
            val cut = assertIs<HostOutcome.Cut>(host.carry(forged))
            assertEquals(HostCut.Certificate, cut.cut)
            satchel.hostOutcome(step.lease, cut)
            true
        }
        assertEquals(emptyList(), receiver.completed())
        val waiting = assertIs<AssetState.Waiting>(satchel.asset(id).state)
        assertEquals(Trouble.Blocked(Block.Certificate), assertIs<WaitReason.TargetRests>(waiting.reason).trouble)
    }

    @Test
    fun `a file that the app writes itself is staged and committed once`() = paired { satchel, receiver, _, _ ->
        val stage = satchel.stage()
        stage.path.writeBytes(photo(folder, "export.jpg").readBytes())
        val added = satchel.commit(stage, "IMG_0001.jpg", PostEdit(caption = "Exported"), urgent = true)
        assertEquals(added.id, satchel.commit(stage, "IMG_0001.jpg", PostEdit(caption = "Exported"), urgent = true).id)
        val asset = satchel.deliver(added.id)
        assertEquals("IMG_0001.jpg", asset.name)
        assertEquals(listOf(asset.hash), receiver.completed())
        assertEquals(listOf("Exported"), receiver.captions())
        val other = satchel.stage()
        other.path.writeText("not wanted")
        satchel.discard(other)
        assertTrue(!other.path.exists())
        assertFailsWith<SatchelException> { satchel.commit(other, "b.jpg") }
        assertEquals(1, satchel.list().size)
    }
}
