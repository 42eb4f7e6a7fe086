package app.satchel

import app.cash.turbine.test
import app.satchel.internal.toApi
import kotlinx.coroutines.flow.filterIsInstance
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Clock
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import app.satchel.internal.ffi.Block as RawBlock
import app.satchel.internal.ffi.BlockRecord as RawBlockRecord
import app.satchel.internal.ffi.EndpointState as RawEndpointState
import app.satchel.internal.ffi.Health as RawHealth
import app.satchel.internal.ffi.Trouble as RawTrouble

/** The ways to a target and the records of blocks, against the stage's servers; what no server here does, by conversion alone. */
internal class EndpointsTest : InFolder() {
    private fun onStage(test: suspend (Satchel, Scene, TargetId) -> Unit) = real {
        Scene(File(folder, "stage")).use { scene ->
            Satchel.open(config(folder).copy(connectTimeout = 5.seconds), Keys()).use { satchel ->
                test(satchel, scene, satchel.setTusTarget(scene.tus()))
            }
        }
    }

    @Test
    fun `what was set up is told as it was set up and outlives the outbox`() = onStage { satchel, scene, target ->
        assertEquals(Endpoints(), satchel.endpointsSet(target))
        val ways = Endpoints(listOf("127.0.0.1", "::1"), listOf(scene.mirror().copy(addresses = listOf("127.0.0.1"))), sharedStore = true)
        satchel.setEndpoints(target, ways)
        satchel.setNeutral("https://neutral.example/")
        assertEquals(ways, satchel.endpointsSet(target))
        val first = scene.tus()
        val states = satchel.endpoints(target)
        val named = states.map { it.url to it.byAddress }
        assertEquals(listOf(first, first, ways.further[0].url, ways.further[0].url).sorted(), named.map { it.first }.sorted())
        assertEquals(2, named.count { it.second })
        assertTrue(states.all { it.health == Health.Unknown && it.since == null && it.next == null && it.trouble == null })
        assertEquals(listOf(0), states.indices.filter { states[it].carries })
        satchel.closeAndWait()
        Satchel.open(config(folder), Keys()).use { again ->
            assertEquals(ways, again.endpointsSet(target))
            assertEquals("https://neutral.example/", again.neutral())
        }
    }

    @Test
    fun `a target that is not there has no ways`() = onStage { satchel, _, target ->
        val none = TargetId(target.value + 1)
        assertFailsWith<SatchelException.Invalid> { satchel.endpoints(none) }
        assertFailsWith<SatchelException.Invalid> { satchel.endpointsSet(none) }
        assertFailsWith<SatchelException.Invalid> { satchel.setEndpoints(none, Endpoints()) }
        assertNull(satchel.blockPage(BlockId(1)))
        assertEquals(0, satchel.exportBlocks(File(folder, "none.json")))
    }

    @Test
    fun `a sign-in page is told with its times and its record and ends`() = onStage { satchel, scene, target ->
        val began = Clock.System.now()
        satchel.setLink(Link.FreeWifi.copy(network = "hotel"))
        scene.first("page 511")
        satchel.add(photo(folder, "a.jpg"))
        satchel.changes.filterIsInstance<Change.Endpoints>().test(timeout = 30.seconds) {
            satchel.run(atOnce)
            assertEquals(target, awaitItem().target)
            cancelAndIgnoreRemainingEvents()
        }
        val way = satchel.endpoints(target).single()
        assertEquals(Health.Captive to Trouble.SignIn, way.health to way.trouble)
        assertTrue(way.words.isNotEmpty())
        assertTrue(assertNotNull(way.since) in (began - 1.minutes)..Clock.System.now())
        assertTrue(assertNotNull(way.next) in began..(Clock.System.now() + 2.hours))
        assertEquals(Trouble.SignIn, satchel.targets().single().rest?.trouble)

        val record = satchel.blocks().single()
        assertEquals(BlockKind.Captive to 511, record.kind to record.status)
        assertEquals(listOf(target, way.url, "hotel"), listOf(record.target, record.endpoint, record.network))
        assertTrue(record.first in (began - 1.minutes)..record.last && record.times >= 1)
        val page = assertNotNull(satchel.blockPage(record.id))
        assertEquals(record.pageBytes, page.size.toLong())
        assertTrue("<title>${record.title}</title>" in page.decodeToString())

        scene.first("open")
        until("it answers again") {
            satchel.tryNow()
            satchel.run(atOnce)
            satchel.endpoints(target).single().health == Health.Open
        }
        assertEquals(1, satchel.blocks().size, "what stood there is remembered")
    }

    @Test
    fun `the other way is taken and the evidence holds the page`() = onStage { satchel, scene, target ->
        val evidence = File(folder, "evidence.json")
        scene.first("page")
        val photo = satchel.add(photo(folder, "a.jpg")).id
        setTheWays(satchel, target, scene.mirror().url, evidence)
        assertIs<AssetState.Delivered>(satchel.deliver(photo).state)
        assertEquals(listOf(false, true), satchel.endpoints(target).map { it.carries })
        setTheWays(satchel, target, scene.mirror().url, evidence)
        assertTrue("Notice: access restricted" in evidence.readText())
    }

    @Test
    fun `each health and block and kind has its own type`() {
        val healths = listOf(RawHealth.Unknown, RawHealth.Open, RawHealth.Slow, RawHealth.Down, RawHealth.Captive).map { it.toApi() }
        assertEquals(listOf(Health.Unknown, Health.Open, Health.Slow, Health.Down, Health.Captive), healths)
        val blocks = RawBlock.entries.map { it.toApi() }
        assertEquals(Block.entries, blocks)
        assertEquals(RawBlock.entries.map { it.name.lowercase() }, blocks.map { it.code })
        assertEquals(blocks.map(Health::Blocked), RawBlock.entries.map { RawHealth.Blocked(it).toApi() })
        assertEquals(blocks.map(Trouble::Blocked), RawBlock.entries.map { RawTrouble.Blocked(it).toApi() })
        assertEquals(
            listOf(Trouble.SignIn, Trouble.NoLink, Trouble.WrongClock),
            listOf(RawTrouble.SignIn, RawTrouble.NoLink, RawTrouble.WrongClock).map { it.toApi() },
        )

        fun kind(code: String) = record(code).toApi().kind
        blocks.forEach { assertEquals(BlockKind.Blocked(it), kind(it.code)) }
        assertEquals(BlockKind.Captive, kind("captive"))
        assertEquals(BlockKind.Other("eclipse"), kind("eclipse"))
        assertEquals("eclipse", kind("eclipse").code)
    }

    @Test
    fun `nothing of a record or of a way is lost`() {
        val came = record("redirect").toApi()
        assertEquals(
            BlockRecord(
                id = BlockId(7),
                target = TargetId(2),
                endpoint = "https://a.example/",
                network = "hotel",
                kind = BlockKind.Blocked(Block.Redirect),
                status = 65_535,
                title = "Sorry",
                location = "https://b.example/",
                pageBytes = 65_536,
                pageType = "text/html",
                certificate = "00ff",
                issuer = "CN=Somebody",
                address = "203.0.113.7",
                first = Instant.fromEpochMilliseconds(1_000),
                last = Instant.fromEpochMilliseconds(2_000),
                times = 4_294_967_295,
            ),
            came,
        )
        val way = RawEndpointState("https://a.example/", true, RawHealth.Down, "words", RawTrouble.Cut, -1, 5, true).toApi()
        val times = Instant.fromEpochMilliseconds(-1) to Instant.fromEpochMilliseconds(5)
        assertEquals(EndpointState("https://a.example/", true, Health.Down, "words", Trouble.Cut, times.first, times.second, true), way)
    }

    private fun record(kind: String) = RawBlockRecord(
        id = 7,
        target = 2,
        endpoint = "https://a.example/",
        network = "hotel",
        kind = kind,
        status = 65_535u,
        title = "Sorry",
        location = "https://b.example/",
        pageBytes = 65_536u,
        pageType = "text/html",
        certificate = "00ff",
        issuer = "CN=Somebody",
        address = "203.0.113.7",
        firstUtcMs = 1_000,
        lastUtcMs = 2_000,
        times = UInt.MAX_VALUE,
    )
}
