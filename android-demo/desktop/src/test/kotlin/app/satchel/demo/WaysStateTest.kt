package app.satchel.demo

import app.satchel.Block
import app.satchel.BlockId
import app.satchel.BlockKind
import app.satchel.BlockRecord
import app.satchel.Endpoint
import app.satchel.EndpointState
import app.satchel.Endpoints
import app.satchel.Health
import app.satchel.TargetId
import app.satchel.Trouble
import app.satchel.demo.state.EndpointDraft
import app.satchel.demo.state.EndpointField
import app.satchel.demo.state.LATEST_BLOCKS
import app.satchel.demo.state.LinkUi
import app.satchel.demo.state.PAGE_SHOWN
import app.satchel.demo.state.Standing
import app.satchel.demo.state.blockLine
import app.satchel.demo.state.pageUi
import app.satchel.demo.state.plain
import app.satchel.demo.state.wayLine
import app.satchel.demo.state.words
import app.satchel.photo
import app.satchel.until
import com.google.gson.JsonParser
import java.time.LocalDate
import java.time.ZoneOffset
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Instant

/** What the screens show and do of the ways to a server, and of what stood in its place. */
internal class WaysStateTest {
    private val link = LinkUi()

    @Test
    fun `a blocked server is told and the other address takes over and gives back`() = onStage { scene, target ->
        val id = blocked(scene, target)
        val first = demo.link.ui.value.ways.single().ways.single()
        assertEquals(Standing.Waiting, first.standing)
        assertTrue("warning page" in first.words && first.words.first().isUpperCase(), first.words)
        assertTrue(Regex("Since .*\\d\\d:\\d\\d.*, tried again .*\\d\\d:\\d\\d").matches(assertNotNull(first.times)), first.times)
        assertNull(demo.link.ui.value.signIn, "a block is not a sign-in page")

        demo.settings.addresses.edit(target).join()
        val draft = assertNotNull(demo.settings.addresses.ui.value.draft)
        demo.settings.addresses.type(draft.copy(address = scene.mirror().url))
        demo.settings.addresses.save().join()
        assertNull(demo.settings.addresses.ui.value.draft)
        demo.settings.addresses.shareStore(target, true).join()
        arrives(id)
        until("the other one carries") { demo.link.ui.value.ways.single().ways.map { it.carries } == listOf(false, true) }
        assertEquals(Standing.Delivered, demo.link.ui.value.ways.single().ways.last().standing)

        scene.first("open")
        arrives(phone.satchel().add(photo(camera, "b.jpg")).id)
        until("the first one carries again") { demo.link.ui.value.ways.single().ways.map { it.carries } == listOf(true, false) }
        assertEquals(1, demo.link.ui.value.blocks.size, "the record stays")
    }

    @Test
    fun `a page is read as text and the evidence is shared with it`() = onStage { scene, target ->
        phone.satchel().add(photo(camera, "secret-name.jpg"))
        blocked(scene, target)
        val line = demo.link.ui.value.blocks.single()
        assertEquals("A warning page stood in the server’s place", line.words)
        assertTrue("on this network" in line.where && "Notice: access restricted" in line.said.orEmpty(), "$line")
        assertTrue("Seen" in line.times && line.hasPage)
        demo.link.readPage(line).join()
        val page = assertNotNull(demo.link.ui.value.page)
        assertTrue("<title>Notice: access restricted</title>" in page.text)
        demo.link.closePage()
        assertNull(demo.link.ui.value.page)

        demo.link.shareEvidence().join()
        val (file, type) = assertNotNull(errands.sharedFile)
        assertEquals("application/json", type)
        assertEquals(demo.lent, file.parentFile)
        val evidence = file.readText()
        assertEquals(1, JsonParser.parseString(evidence).asJsonObject["blocks"].asJsonArray.size())
        assertTrue("<title>Notice: access restricted</title>" in evidence && "secret-name" !in evidence)

        phone.move(phone.link.value.copy(network = "0123456789abcdef"))
        until("it was elsewhere") { demo.link.ui.value.blocks.any { "on another network (hotel)" in it.where } }
    }

    @Test
    fun `a sign-in page that the system does not see is offered too`() = onStage { scene, target ->
        blocked(scene, target, "page 511")
        until("it is offered") { demo.link.ui.value.signIn != null }
        assertTrue("sign in" in demo.link.ui.value.signIn.orEmpty(), demo.link.ui.value.signIn)
        assertEquals(Standing.NeedsYou, demo.link.ui.value.ways.single().ways.single().standing)
        assertEquals("The network wanted a sign-in first", demo.link.ui.value.blocks.single().words)
        demo.link.openSignIn()
        assertEquals(listOf("sign in"), errands.asked)
        scene.first("open")
        until("it is over") {
            phone.satchel().tryNow()
            demo.link.ui.value.signIn == null
        }
    }

    @Test
    fun `what is typed wrong is said beside its field and changes nothing`() = onStage(visible = false) { _, target ->
        val addresses = demo.settings.addresses

        suspend fun wrong(change: (EndpointDraft) -> EndpointDraft): EndpointField {
            val draft = assertNotNull(addresses.ui.value.draft)
            addresses.type(change(draft))
            addresses.save().join()
            val problem = assertNotNull(addresses.ui.value.draft?.problem)
            assertTrue(problem.words.length > 20, problem.words)
            return problem.field
        }
        addresses.edit(target).join()
        assertEquals(EndpointField.Address, wrong { it })
        assertEquals(EndpointField.Address, wrong { it.copy(address = "ftp://files.example/") })
        assertEquals(EndpointField.Address, wrong { it.copy(address = "https://me:secret@files.example/") })
        val first = phone.satchel().targets().single().url
        assertEquals(EndpointField.Address, wrong { it.copy(address = first) })
        assertEquals(EndpointField.Key, wrong { it.copy(address = " https://files.example/ ", key = "no key") })
        assertEquals(EndpointField.IpAddresses, wrong { it.copy(key = "", ips = "203.0.113.7, files.example") })
        assertTrue(assertNotNull(addresses.ui.value.draft?.problem).words.startsWith("files.example is no"), "as it was typed")
        assertEquals(Endpoints(), phone.satchel().endpointsSet(target))
        addresses.type(assertNotNull(addresses.ui.value.draft).copy(ips = "203.0.113.7, 2001:db8::7"))
        assertNull(addresses.ui.value.draft?.problem, "it is typed again")
        addresses.save().join()
        val kept = Endpoint("https://files.example/", null, listOf("203.0.113.7", "2001:db8::7"))
        assertEquals(listOf(kept), phone.satchel().endpointsSet(target).further)
    }

    @Test
    fun `addresses are changed and removed and the first one gets others of its own`() = onStage(visible = false) { _, target ->
        val addresses = demo.settings.addresses
        val ui = demo.settings.ui
        val pin = "A".repeat(43)
        phone.satchel().setEndpoints(target, Endpoints(further = listOf("a", "b").map { Endpoint("https://$it.example/") }))
        demo.settings.tryNow().join()
        assertEquals(listOf(EndpointDraft.FIRST, 0, 1), ui.value.targets.single().endpoints.map { it.place })

        addresses.edit(target, 1).join()
        assertEquals("https://b.example/", addresses.ui.value.draft?.address)
        addresses.type(assertNotNull(addresses.ui.value.draft).copy(key = pin, ips = "203.0.113.7"))
        addresses.save().join()
        val shown = ui.value.targets.single().endpoints.last()
        assertEquals("b.example" to "Known by its key. Also at 203.0.113.7", shown.host to shown.more)
        addresses.edit(target, 1).join()
        assertEquals(pin to "203.0.113.7", addresses.ui.value.draft?.let { it.key to it.ips })

        addresses.edit(target, EndpointDraft.FIRST).join()
        addresses.type(assertNotNull(addresses.ui.value.draft).copy(ips = "127.0.0.1\n::1"))
        addresses.save().join()
        assertTrue("Also at 127.0.0.1, ::1" in ui.value.targets.single().endpoints.first().more)
        assertEquals(listOf("https://a.example/", "https://b.example/"), phone.satchel().endpointsSet(target).further.map { it.url })
        until("it is two ways") { demo.link.ui.value.ways.single().ways.count { it.by == "by its IP addresses" } == 2 }

        addresses.shareStore(target, true).join()
        assertTrue(ui.value.targets.single().sharedStore)
        addresses.edit(target, 0).join()
        addresses.remove(target, 0).join()
        assertNull(addresses.ui.value.draft)
        val set = phone.satchel().endpointsSet(target)
        assertEquals(listOf(Endpoint("https://b.example/", pin, listOf("203.0.113.7"))), set.further)
        assertTrue(set.sharedStore && set.addresses == listOf("127.0.0.1", "::1"))
        assertTrue(phone.rescheduled >= 4, "another way is a reason for the system's jobs")
    }

    @Test
    fun `the neutral address is kept and forgotten and a wrong one is said`() = onStage(visible = false) { _, _ ->
        val addresses = demo.settings.addresses
        addresses.typeNeutral("nowhere")
        addresses.saveNeutral().join()
        assertTrue("http" in assertNotNull(addresses.ui.value.neutralProblem))
        assertNull(phone.satchel().neutral())
        addresses.typeNeutral(" https://neutral.example ")
        assertNull(addresses.ui.value.neutralProblem)
        demo.settings.tryNow().join()
        assertEquals(" https://neutral.example ", addresses.ui.value.neutral, "what is being typed stays")
        addresses.saveNeutral().join()
        assertEquals("https://neutral.example/", phone.satchel().neutral())
        assertEquals(phone.satchel().neutral(), addresses.ui.value.neutral)
        addresses.typeNeutral("")
        addresses.saveNeutral().join()
        assertNull(phone.satchel().neutral())
    }

    private val today = LocalDate.ofEpochDay(0)
    private val record =
        BlockRecord(
            id = BlockId(1),
            target = TargetId(1),
            endpoint = "https://a.example/",
            network = null,
            kind = BlockKind.Blocked(Block.Redirect),
            status = 302,
            title = "Ca\u202Efé\u0000\nnews",
            location = "http://warning.example/",
            pageBytes = 0,
            pageType = null,
            certificate = null,
            issuer = "CN=Somebody",
            address = null,
            first = Instant.fromEpochMilliseconds(60_000),
            last = Instant.fromEpochMilliseconds(86_400_000),
            times = 12,
        )

    private fun line(record: BlockRecord, here: String? = "home") = blockLine(record, here, ZoneOffset.UTC, today)

    @Test
    fun `a record has words for all that it holds`() {
        val line = line(record)
        assertEquals("The network sent us to another address", line.words)
        assertEquals("a.example, on a network without a name", line.where)
        assertEquals("“Ca\uFFFDfé\uFFFD news”, status 302, pointed to http://warning.example/, signed by CN=Somebody", line.said)
        assertEquals("Seen 12 times, 00:01 to 2 Jan, 00:00", line.times)
        assertTrue(!line.hasPage)
        val bare = line(record.copy(status = null, title = null, location = null, issuer = null, times = 1, network = "home"))
        assertEquals(listOf(null, "Seen once, 00:01", "a.example, on this network"), listOf(bare.said, bare.times, bare.where))
        val kinds = Block.entries.map { BlockKind.Blocked(it).words }
        assertEquals(kinds.size, kinds.toSet().size)
        assertEquals("Lunar eclipse", BlockKind.Other("lunar_eclipse").words)
    }

    @Test
    fun `the latest records are shown at first and all on demand`() {
        val lines = (1..LATEST_BLOCKS + 2).map { line(record.copy(id = BlockId(it.toLong()))) }
        assertEquals(lines.take(LATEST_BLOCKS), link.copy(blocks = lines).shownBlocks)
        assertEquals("Show all ${lines.size}", link.copy(blocks = lines).blocksToggle)
        assertEquals(lines, link.copy(blocks = lines, showsAllBlocks = true).shownBlocks)
        assertNull(link.copy(blocks = lines.take(LATEST_BLOCKS)).blocksToggle)
    }

    @Test
    fun `a page is text in its own charset and no longer than a person reads`() {
        fun page(bytes: ByteArray, type: String?) = pageUi(line(record.copy(pageType = type)), bytes)
        assertEquals("Блок", page("Блок".toByteArray(charset("windows-1251")), "text/html; charset=\"windows-1251\"").text)
        assertEquals("Блок", page("Блок".toByteArray(), "text/html; charset=nowhere").text)
        assertEquals("a\uFFFD", page(byteArrayOf('a'.code.toByte(), -1), null).text)
        assertEquals("a\nb\nc\td", page("a\r\nb\rc\td".toByteArray(), "text/html").text)
        assertEquals("\uFFFDexe", plain("\u202Eexe"))
        val long = page("x".repeat(PAGE_SHOWN - 1).plus("\uD83D\uDE00").repeat(2).toByteArray(), null)
        assertTrue(long.cut)
        assertEquals("x".repeat(PAGE_SHOWN - 1), long.text, "no half of a character")
        assertTrue(!page("x".repeat(PAGE_SHOWN).toByteArray(), null).cut)
    }

    @Test
    fun `what only a person can mend needs one`() {
        fun standing(health: Health, trouble: Trouble?) =
            wayLine(EndpointState("https://a.example/", false, health, "words", trouble, null, null, false), ZoneOffset.UTC, today)
        assertEquals(Standing.NeedsYou, standing(Health.Captive, Trouble.SignIn).standing)
        assertEquals(Standing.NeedsYou, standing(Health.Down, Trouble.WrongClock).standing)
        assertEquals(Standing.Waiting, standing(Health.Blocked(Block.Reset), Trouble.Blocked(Block.Reset)).standing)
        assertEquals(Standing.Waiting, standing(Health.Unknown, null).standing)
        assertEquals(Standing.Delivered, standing(Health.Open, null).standing)
        assertNull(standing(Health.Unknown, null).times)
    }
}
