/*
 * How amounts, times and states are said. Why something waits or needs a person is said by the core; what is said here are
 * numbers, days, and the names of states that have no reason.
 */
package app.satchel.demo.state

import app.satchel.AssetKind
import app.satchel.AssetState
import app.satchel.LinkClass
import app.satchel.LinkKind
import app.satchel.Proof
import app.satchel.Rendition
import java.time.LocalDate
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.util.Locale
import kotlin.time.Duration
import kotlin.time.Instant

/** An amount of bytes, as the core says it: 20 KB, 1.5 MB. */
fun amount(bytes: Long): String = when {
    bytes < 0 -> "−" + amount(-bytes)
    bytes == 1L -> "1 byte"
    bytes < 1_000 -> "$bytes bytes"
    bytes < 10_000 -> "%.1f KB".format(Locale.ROOT, bytes / 1e3)
    bytes < 1_000_000 -> "${bytes / 1_000} KB"
    bytes < 100_000_000 -> "%.1f MB".format(Locale.ROOT, bytes / 1e6)
    bytes < 1_000_000_000 -> "${bytes / 1_000_000} MB"
    else -> "%.1f GB".format(Locale.ROOT, bytes / 1e9)
}

/** About how long, in the unit that matters. */
fun about(duration: Duration): String = when {
    duration.inWholeSeconds < 1 -> "less than a second"
    duration.inWholeSeconds < 90 -> "about ${counted(duration.inWholeSeconds, "second")}"
    duration.inWholeMinutes < 90 -> "about ${counted(duration.inWholeMinutes, "minute")}"
    duration.inWholeHours < 48 -> "about ${counted(duration.inWholeHours, "hour")}"
    else -> "about ${counted(duration.inWholeDays, "day")}"
}

/** So many of something. */
fun counted(number: Long, one: String, many: String = one + "s"): String =
    if (number == 1L) "1 $one" else "%,d %s".format(Locale.ROOT, number, many)

/** A day as a heading. */
fun dayWords(day: LocalDate, today: LocalDate): String = when (day) {
    today -> "Today"
    today.minusDays(1) -> "Yesterday"
    else -> day.format(DateTimeFormatter.ofPattern(if (day.year == today.year) "EEEE d MMMM" else "d MMMM yyyy", Locale.ENGLISH))
}

/** The local day of an instant. */
fun localDay(instant: Instant, zone: ZoneId): LocalDate =
    java.time.Instant.ofEpochMilli(instant.toEpochMilliseconds()).atZone(zone).toLocalDate()

/** The local day of a post's time: the day that the photographer saw, whatever the phone's zone is now. */
fun localDay(time: String): LocalDate? = runCatching { LocalDate.parse(time.take(10)) }.getOrNull()

/** The local time of an instant: 14:05, with its day where that is not [today]. */
fun clockWords(instant: Instant, zone: ZoneId, today: LocalDate): String {
    val local = java.time.Instant.ofEpochMilli(instant.toEpochMilliseconds()).atZone(zone)
    val time = local.format(DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT))
    return if (local.toLocalDate() == today) time else "${local.format(DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH))}, $time"
}

/** The first letter large, as a sentence begins. */
fun sentence(words: String): String = words.replaceFirstChar { it.titlecase(Locale.ROOT) }

/** Makes an asset go before others. */
const val PUT_FIRST: String = "Urgent"

/** What that means. */
const val PUT_FIRST_MEANING: String = "Goes before all that is not urgent."

/** What kind of thing it is. */
val AssetKind.words: String
    get() =
        when (this) {
            AssetKind.Photo -> "Photo"
            AssetKind.Video -> "Video"
            AssetKind.Pair -> "Live photo"
            AssetKind.Other -> "File"
        }

/** A state's name. */
val AssetState.words: String
    get() =
        when (this) {
            AssetState.Accepted -> "Safe in the outbox"
            AssetState.Hashing -> "Being read"
            is AssetState.Waiting -> "Waiting"
            AssetState.Sending -> "Sending"
            is AssetState.Delivered -> "Delivered"
            is AssetState.Parked -> "Needs you"
            AssetState.Removed -> "Removed"
            is AssetState.Other -> sentence(code)
        }

/** What travels. */
val Rendition.words: String
    get() =
        when (this) {
            Rendition.Text -> "Post"
            Rendition.Preview -> "Preview"
            Rendition.Press -> "Press copy"
            Rendition.Original -> "Original"
        }

/** How well it is known to be there. */
val Proof.words: String
    get() =
        when (this) {
            Proof.Unproven -> "unproven: said over a connection without identity"
            Proof.Size -> "the server reported its whole length"
            Proof.Checksum -> "the server reported its checksum"
            Proof.Receipt -> "the server signed a receipt"
        }

/** What carries the bytes. */
val LinkKind.words: String
    get() =
        when (this) {
            LinkKind.None -> "No network"
            LinkKind.Wifi -> "Wi-Fi"
            LinkKind.Cellular -> "Mobile data"
            LinkKind.Ethernet -> "Cable"
            LinkKind.Hotspot -> "Hotspot"
            LinkKind.Other -> "Another network"
            LinkKind.Unknown -> "Unknown network"
        }

/** A class of links. */
val LinkClass.words: String
    get() =
        when (this) {
            LinkClass.Unmetered -> "Free"
            LinkClass.Metered -> "Metered"
            LinkClass.Roaming -> "Roaming"
            LinkClass.Unknown -> "Price unknown"
        }

/** What a class means for what goes. */
val LinkClass.meaning: String
    get() =
        when (this) {
            LinkClass.Unmetered -> "Known to cost nothing. The ready-made rules let everything go here."
            LinkClass.Metered -> "Bytes cost here. Only what your rules allow over it goes."
            LinkClass.Roaming -> "A foreign operator’s network. Only what your rules allow abroad goes."
            LinkClass.Unknown -> "Nobody knows whether bytes cost here, so it counts as metered."
        }
