/*
 * An outbox in the middle of a journey, for the pictures: some photos are there, one is on its way, some wait, one needs a person.
 * All of it is the state of the real outbox, beside a real receiver over a slow link.
 */
package app.satchel.demo

import app.satchel.AddOptions
import app.satchel.AssetId
import app.satchel.AssetState
import app.satchel.BadLink
import app.satchel.Budget
import app.satchel.Config
import app.satchel.Covers
import app.satchel.Keys
import app.satchel.Link
import app.satchel.LinkClass
import app.satchel.LinkKind
import app.satchel.Place
import app.satchel.Policy
import app.satchel.PostEdit
import app.satchel.Satchel
import app.satchel.atOnce
import app.satchel.demo.state.GalleryAccess
import app.satchel.demo.state.drawSample
import app.satchel.until
import java.io.File
import java.sql.DriverManager
import java.time.LocalDate
import kotlin.time.Duration.Companion.seconds

internal val hotelWifi =
    Link(
        LinkKind.Wifi,
        metered = true,
        roaming = false,
        constrained = false,
        validated = true,
        captive = false,
        network = "hotel",
        bytesPerSecond = 400_000,
    )

/** Pictures of a folder, or drawn ones. */
internal class Roll(private val folder: File) {
    private val samples =
        System
            .getProperty("satchel.samples")
            .orEmpty()
            .ifEmpty { null }
            ?.let { path -> File(path).walk().filter { it.extension.lowercase() == "jpg" }.sorted().toList() }
            .orEmpty()
    private var taken = 0

    fun next(): File {
        taken += 1
        folder.mkdirs()
        val to = File(folder, "IMG_%04d.%s".format(2040 + taken, if (samples.isEmpty()) "png" else "jpg"))
        if (samples.isEmpty()) drawSample(taken, to) else samples[(taken - 1) % samples.size].copyTo(to)
        return to
    }
}

/** Adds a photo that was taken so many days ago. */
private suspend fun Satchel.take(roll: Roll, daysAgo: Long, post: PostEdit): AssetId {
    val file = roll.next()
    val time = "${LocalDate.now().minusDays(daysAgo)}T08:15:00+09:00"
    val id = add(file, AddOptions(post.copy(time = time), album = "Camera")).id
    DeskPictures.files[id] = file
    return id
}

/** A fortnight of which the ledger knows: what an outbox cannot live through in a test. */
private fun remember(database: File) {
    val today = LocalDate.now().toEpochDay()
    val went =
        listOf(
            Triple(11, "unmetered", 92),
            Triple(10, "unmetered", 61),
            Triple(9, "metered", 24),
            Triple(8, "metered", 31),
            Triple(8, "roaming", 4),
            Triple(6, "unmetered", 88),
            Triple(6, "metered", 12),
            Triple(5, "metered", 38),
            Triple(3, "roaming", 9),
            Triple(3, "metered", 14),
            Triple(2, "unmetered", 47),
            Triple(1, "metered", 22),
        )
    DriverManager.getConnection("jdbc:sqlite:$database").use { connection ->
        connection
            .prepareStatement(
                "INSERT INTO ledger (day, link, target, sent, acknowledged, wasted, received) VALUES (?, ?, 1, ?, ?, ?, ?)",
            ).use { insert ->
                went.forEach { (ago, link, megabytes) ->
                    insert.setLong(1, today - ago)
                    insert.setString(2, link)
                    insert.setLong(3, megabytes * 1_000_000L)
                    insert.setLong(4, megabytes * 950_000L)
                    insert.setLong(5, megabytes * 12_000L)
                    insert.setLong(6, megabytes * 20_000L)
                    insert.executeUpdate()
                }
            }
    }
}

/** What a journey leads to: [shown] has all deliveries, [first] are to be sent now. */
internal class Journey(val shown: AssetId, val first: List<AssetId>)

/** Plays the journey, and gives it to [test] while one photo is on its way. */
internal fun journey(test: suspend Desk.(Journey) -> Unit) {
    val folder = kotlin.io.path.createTempDirectory("satchel-journey-").toFile()
    val desk = Desk(folder, Policy.ready(Policy.WITHIN_MY_BUDGET))
    val bad = BadLink(desk.receiver.address)
    try {
        app.satchel.real(240.seconds) {
            val outbox = File(folder, "outbox")
            val keys = desk.phone.keys
            Satchel.open(Config(outbox), keys).run {
                pair(desk.receiver.pairingCode(bad.address), "A phone on a desk", "Ida")
                closeAndWait()
            }
            remember(File(outbox, "outbox.db"))
            val journey = desk.travel(bad)
            desk.demo.open()
            until("all is shown") {
                val list = desk.demo.outbox.ui.value
                list.entries.size >= 9 && list.uploads.values.any { it > 0.1f } && desk.demo.link.ui.value.ledger.size > 5
            }
            desk.test(journey)
        }
    } finally {
        desk.demo.visible(false)
        desk.end()
        bad.close()
        folder.deleteRecursively()
    }
}

private suspend fun Desk.travel(bad: BadLink): Journey {
    val roll = Roll(camera)
    gallery.access.value = GalleryAccess.All
    gallery.watching.value = true
    val satchel = phone.satchel()
    val ferry = satchel.take(roll, 2, PostEdit(caption = "The ferry before it left"))
    val gate =
        satchel.take(
            roll,
            1,
            PostEdit(caption = "Gate in the water", tags = listOf("lake", "shrine"), place = Place(35.2, 139.0, "Hakone")),
        )
    satchel.take(roll, 1, PostEdit(caption = "Ropeway"))
    until("three are there", 60.seconds) {
        satchel.run(atOnce)
        satchel.counts().open == 0L && satchel.counts().unread == 0L
    }
    val lost = satchel.take(roll, 1, PostEdit(caption = "Steam above the valley"))
    DeskPictures.files.remove(lost)?.delete()
    phone.move(hotelWifi)
    satchel.setBudget(Budget("hotel", Covers.Class(LinkClass.Metered), 2_000_000))
    satchel.setBudget(Budget("abroad", Covers.Class(LinkClass.Roaming), 20_000_000))
    val last =
        listOf(
            satchel.take(roll, 0, PostEdit(caption = "Breakfast, seven small bowls")),
            satchel.take(roll, 0, PostEdit(caption = "Garden after the rain")),
            satchel.take(roll, 0, PostEdit(caption = "Platform 3")),
        )
    until("they are read", 60.seconds) {
        satchel.run(atOnce)
        satchel.counts().unread == 0L && satchel.asset(lost).state is AssetState.Parked
    }
    // One goes, slowly, for as long as the pictures take.
    bad.obey("rate 10KB")
    val sending = satchel.take(roll, 0, PostEdit(caption = "Night train to the coast"))
    satchel.sendNow(listOf(sending))
    demo.visible(true)
    until("one is on its way", 60.seconds) { satchel.progress.value.uploads.any { it.asset == sending && it.sent > 200_000 } }
    return Journey(gate.also { check(ferry != it) }, last)
}
