package app.satchel

import app.cash.turbine.test
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertNotEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** What an app does with an outbox, against the real receiver. */
internal class OutboxTest : InFolder() {
    private fun atReceiver(test: suspend (Satchel, Receiver, Target) -> Unit) = real {
        Receiver(File(folder, "store")).use { receiver ->
            Satchel.open(config(folder), Keys()).use { satchel ->
                test(satchel, receiver, satchel.pair(receiver.pairingCode(), "a phone"))
            }
        }
    }

    @Test
    fun `a photo is delivered with a receipt`() = atReceiver { satchel, receiver, target ->
        val added = satchel.add(photo(folder, "a.jpg"), AddOptions(PostEdit(caption = "Morning"), urgent = true))
        assertEquals(AddKind.Added, added.kind)
        assertEquals(AssetState.Accepted, satchel.asset(added.id).state)
        val asset = satchel.deliver(added.id)
        assertEquals(AssetState.Delivered(Proof.Receipt), asset.state)
        assertTrue(Proof.Receipt.isSafeToFree)
        assertTrue(!Proof.Size.isSafeToFree)
        assertTrue(asset.deliveries.filter { it.rendition == Rendition.Original }.all { it.receipt && it.target == target.id })
        assertEquals(listOf(asset.hash), receiver.completed())
        assertEquals(listOf("Morning"), receiver.captions())
        assertEquals(CheckReport(confirmed = 1, missing = 0, unknown = 0), satchel.check(target.id))
        assertTrue(satchel.ledger().sumOf { it.sent } >= asset.bytes)
        assertEquals(1, satchel.counts().delivered)
    }

    @Test
    fun `a twin keeps its own post and travels once`() = atReceiver { satchel, receiver, _ ->
        val first = photo(folder, "a.jpg")
        val second = first.copyTo(File(folder, "b.jpg"))
        val one = satchel.add(first, AddOptions(PostEdit(caption = "One"))).id
        val two = satchel.add(second, AddOptions(PostEdit(caption = "Two"))).id
        assertNotEquals(one, two)
        assertEquals(satchel.deliver(one).hash, satchel.deliver(two).hash)
        assertEquals(1, receiver.completed().size)
        assertEquals(setOf("One", "Two"), receiver.captions().toSet())
    }

    @Test
    fun `a post is edited before and after it went`() = atReceiver { satchel, receiver, _ ->
        val file = photo(folder, "a.jpg")
        val id = satchel.add(file, AddOptions(PostEdit(caption = "Draft", tags = listOf("lake")))).id
        satchel.editPost(id, PostEdit(caption = "Better", place = Place(35.2, 139.0, "Lake Ashi")))
        assertEquals(Post("Better", listOf("lake"), Place(35.2, 139.0, "Lake Ashi")), satchel.deliver(id).post)
        assertEquals(AddKind.Revised, satchel.add(file, AddOptions(PostEdit(caption = "Best"))).kind)
        assertEquals(AddKind.Unchanged, satchel.add(file).kind)
        assertEquals("Best", satchel.deliver(id).post.caption)
        assertEquals(listOf("Best"), receiver.captions())
        assertEquals(1, receiver.completed().size)
    }

    @Test
    fun `what is removed does not travel and its file stays`() = atReceiver { satchel, receiver, _ ->
        val file = photo(folder, "a.jpg")
        val id = satchel.add(file).id
        satchel.remove(id)
        satchel.run(atOnce)
        assertEquals(emptyList(), receiver.completed())
        assertTrue(file.exists())
        val missing = assertFailsWith<SatchelException.NoSuchAsset> { satchel.editPost(id, PostEdit(caption = "late")) }
        assertEquals(id, missing.id)
    }

    @Test
    fun `a source that is gone is parked and goes again after a retry`() = atReceiver { satchel, receiver, _ ->
        val file = photo(folder, "a.jpg")
        val id = satchel.add(file).id
        file.delete()
        satchel.run(atOnce)
        val state = assertIs<AssetState.Parked>(satchel.asset(id).state)
        assertEquals(ParkReason.SourceGone, state.reason)
        assertTrue(state.words.isNotBlank())
        photo(folder, "a.jpg")
        satchel.retry(id)
        assertIs<AssetState.Delivered>(satchel.deliver(id).state)
        assertEquals(1, receiver.completed().size)
    }

    @Test
    fun `it waits for a reason that is told`() = real {
        Satchel.open(config(folder).copy(policy = Policy(), link = Link())).use { satchel ->
            val id = satchel.add(photo(folder, "a.jpg")).id
            satchel.run(atOnce)
            assertEquals(WaitReason.NoTarget, waiting(satchel, id))
            satchel.setTusTarget("http://127.0.0.1:9/files/")
            satchel.run(atOnce)
            assertEquals(WaitReason.LinkPriceUnknown, waiting(satchel, id))
            satchel.setLink(Link(LinkKind.Cellular, metered = true))
            assertEquals(WaitReason.LinkCosts, waiting(satchel, id))
            assertEquals(LinkNeed.Unmetered, satchel.run(atOnce).wake.needs)
            satchel.setLink(Link.None)
            assertEquals(WaitReason.NoLink, waiting(satchel, id))
            assertEquals(Link.None, satchel.link.value)
            satchel.setLink(Link.FreeWifi)
            satchel.run(atOnce)
            val rests = assertIs<WaitReason.TargetRests>(waiting(satchel, id))
            assertEquals(Trouble.Unreachable, rests.trouble)
            assertEquals(rests.trouble, satchel.targets().single().rest?.trouble)
            satchel.pause()
            assertTrue(satchel.isPaused())
            assertEquals(WaitReason.Paused, waiting(satchel, id))
            satchel.pause(false)
        }
    }

    private suspend fun waiting(satchel: Satchel, id: AssetId) = assertIs<AssetState.Waiting>(satchel.asset(id).state).reason

    @Test
    fun `changes and progress are told`() = atReceiver { satchel, _, target ->
        satchel.changes.test(timeout = 30.seconds) {
            val id = satchel.add(photo(folder, "a.jpg", 400_000)).id
            assertEquals(Change.Assets, awaitItem())
            satchel.run(atOnce)
            val told = mutableListOf<Change>()
            val done = Change.Delivered(id, Rendition.Original, target.id, Proof.Receipt)
            while (done !in told) told += awaitItem()
            assertTrue(Change.Read(id) in told, "$told")
            val moved = told.filterIsInstance<Change.Progress>()
            assertTrue(moved.isNotEmpty() && moved.all { it.target == target.id && it.sent <= it.bytes }, "$told")
            cancelAndIgnoreRemainingEvents()
        }
        val progress = satchel.progress.first { it.counts.delivered == 1L && it.uploads.isEmpty() }
        assertEquals(satchel.counts(), progress.counts)
    }

    @Test
    fun `a folder is added and shown in pages`() = real {
        Satchel.open(config(folder)).use { satchel ->
            val camera = File(folder, "camera")
            repeat(1_000) { photo(File(camera, "day ${it / 100}"), "$it.jpg", 100) }
            File(camera, "notes.txt").writeText("no photo")
            val empty = File(camera, "empty.jpg").apply { createNewFile() }
            val report = satchel.addFolder(camera)
            assertEquals(FolderReport(1_000, 0, 0, 1, 1, report.faults), report)
            assertEquals(empty to SourceFault.Empty, report.faults.single().let { it.path to it.fault })
            val pages = satchel.assets(300).toList()
            assertEquals(listOf(300, 300, 300, 100), pages.map { it.size })
            assertEquals(1_000, pages.flatten().map { it.id }.toSet().size)
            assertEquals(pages.flatten().sortedByDescending { it.seq }, pages.flatten())
            val times = List(30) { measureTime { assertEquals(1_000, satchel.list(limit = 1_000).size) } }.sorted()
            println("a page of 1,000 assets: ${times[15]} in the median of 30, best ${times.first()}, worst ${times.last()}")
        }
    }

    @Test
    fun `tokens come from the app's keys when it is opened again`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            val keys = Keys()
            Satchel.open(config(folder), keys).use { it.pair(receiver.pairingCode(), "a phone") }
            Satchel.open(config(folder), keys).use { satchel ->
                val id = satchel.add(photo(folder, "a.jpg")).id
                assertIs<AssetState.Delivered>(satchel.deliver(id).state)
            }
            Satchel.open(config(folder)).use { satchel ->
                val id = satchel.add(photo(folder, "b.jpg")).id
                satchel.run(atOnce)
                assertEquals(Trouble.NeedsToken, satchel.targets().single().rest?.trouble)
                assertIs<AssetState.Waiting>(satchel.asset(id).state)
            }
        }
    }

    @Test
    fun `only one run goes at a time and adding works all the same`() = real {
        Satchel.open(config(folder)).use { satchel ->
            satchel.setTusTarget("http://127.0.0.1:9/files/")
            satchel.add(photo(folder, "a.jpg"))
            // Rests until the target is tried again.
            val idle = async(start = CoroutineStart.UNDISPATCHED) { satchel.changes.first { it is Change.Idle } }
            val first = launch { satchel.run(RunOptions(deadline = 60.seconds)) }
            idle.await()
            assertFailsWith<SatchelException.AlreadyRunning> { satchel.run(atOnce) }
            satchel.changes.filter { it is Change.Read }.test(timeout = 30.seconds) {
                val id = satchel.add(photo(folder, "b.jpg")).id
                assertEquals<Change>(Change.Read(id), awaitItem())
                cancelAndIgnoreRemainingEvents()
            }
            first.cancel()
        }
    }

    @Test
    fun `bad input gets a typed error that says what to do`() = real {
        Satchel.open(config(folder)).use { satchel ->
            val gone = assertFailsWith<SatchelException.Source> { satchel.add(File(folder, "nowhere.jpg")) }
            assertEquals(SourceFault.Gone, gone.fault)
            assertTrue("nowhere" !in gone.message.orEmpty(), "no file's name: ${gone.message}")
            assertFailsWith<SatchelException.Invalid> { satchel.list(limit = 0) }
            assertFailsWith<SatchelException.Invalid> { satchel.list(limit = 1_001) }
            assertFailsWith<SatchelException.Invalid> { satchel.assets(pageSize = 0).toList() }
            val nine = assertFailsWith<SatchelException.Invalid> { satchel.setPolicy(Policy(uploadsAtOnce = 9)) }
            assertEquals("uploads_at_once", nine.field)
            assertFailsWith<SatchelException.Invalid> { satchel.setPolicy(Policy(uploadsAtOnce = 256 + 2)) }
            assertFailsWith<SatchelException.Invalid> { satchel.asset(AssetId("no id")) }
            assertFailsWith<SatchelException.Invalid> { satchel.setTusTarget("no address") }
            val half = AddOptions(PostEdit(caption = "half of a \uD83D"))
            assertFailsWith<SatchelException.Invalid> { satchel.add(photo(folder, "a.jpg"), half) }
            assertEquals(PairingFault.BadCode, assertFailsWith<SatchelException.Pairing> { satchel.pair("x", "y") }.fault)
        }
        val file = photo(folder, "file")
        assertFailsWith<SatchelException.Storage> { Satchel.open(Config(File(file, "below"))) }
        assertNull(runCatching { Satchel.open(Config(file)) }.getOrNull())
    }
}
