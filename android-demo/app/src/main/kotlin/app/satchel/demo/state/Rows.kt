/*
 * The rows of the outbox's list, kept in the order of the outbox and taken in by pages, so that tens of thousands of assets scroll.
 */
package app.satchel.demo.state

import app.satchel.Asset
import app.satchel.AssetId
import app.satchel.AssetKind
import app.satchel.AssetState
import app.satchel.Source
import app.satchel.WaitReason
import java.time.LocalDate
import java.time.ZoneId
import java.util.TreeMap

/** How an asset stands, as far as colour and symbol tell it. */
enum class Standing {
    /** It goes on by itself. */
    Waiting,

    /** It is on its way. */
    Sending,

    /** It is there. */
    Delivered,

    /** It needs a person. */
    NeedsYou,
}

/**
 * An asset in the list.
 *
 * @property title its caption, or its file's name.
 * @property words where it stands: the core's reason, or the state's name.
 * @property whenWords when it goes; null where nothing is to be said of that.
 * @property kept how much of it servers said they kept, 0 to 1; null where it is not under way.
 */
data class AssetRow(
    val id: AssetId,
    val seq: Long,
    val day: LocalDate,
    val title: String,
    val kind: AssetKind,
    val source: Source,
    val bytes: Long,
    val urgent: Boolean,
    val standing: Standing,
    val words: String,
    val whenWords: String?,
    val kept: Float?,
)

/** What stands in the list: a day, or an asset. */
sealed interface OutboxEntry {
    /** A day's heading, over the assets up to the next one. [first] is the number of the first asset below it. */
    data class Day(val day: LocalDate, val first: Long) : OutboxEntry

    /** An asset. */
    data class Item(val row: AssetRow) : OutboxEntry
}

/** An asset as a row; its day is the one on which it was taken, or else added. */
fun rowOf(asset: Asset, zone: ZoneId): AssetRow {
    val state = asset.state
    return AssetRow(
        id = asset.id,
        seq = asset.seq,
        day = asset.post.time?.let(::localDay) ?: localDay(asset.added, zone),
        title = asset.post.caption?.ifBlank { null } ?: asset.name,
        kind = asset.kind,
        source = asset.source,
        bytes = asset.bytes,
        urgent = asset.urgent,
        standing = standingOf(state),
        words = wordsOf(state),
        whenWords =
            (state as? AssetState.Waiting)?.takeIf { it.reason !is WaitReason.Paused }?.whenWords?.ifBlank { null }?.let(
                ::sentence,
            ),
        kept = if (state is AssetState.Sending && asset.bytes > 0) (asset.acknowledged.toFloat() / asset.bytes).coerceIn(0f, 1f) else null,
    )
}

/** How a state stands. */
fun standingOf(state: AssetState): Standing = when (state) {
    AssetState.Sending -> Standing.Sending
    is AssetState.Delivered -> Standing.Delivered
    is AssetState.Parked -> Standing.NeedsYou
    else -> Standing.Waiting
}

/** A state in words: the core's where it has a reason. */
fun wordsOf(state: AssetState): String = when (state) {
    is AssetState.Waiting -> sentence(state.words)
    is AssetState.Parked -> sentence(state.words)
    else -> state.words
}

/** The assets that were read so far, newest first. Not for several threads. */
class Rows {
    private class Held(val row: AssetRow, var round: Long)

    private val held = TreeMap<Long, Held>(reverseOrder())
    private var round = 0L

    /** Whether the last asset of the outbox is among them. */
    var complete: Boolean = false
        private set

    /** How many there are. */
    val size: Int get() = held.size

    /** The number of the newest one; null where there is none. */
    val newest: Long? get() = if (held.isEmpty()) null else held.firstKey()

    /** The number of the oldest one; null where there is none. */
    val oldest: Long? get() = if (held.isEmpty()) null else held.lastKey()

    /** Takes in a page as the outbox gave it: at most [limit] assets before [before]. What is not there any more goes. */
    fun take(before: Long?, limit: Int, page: List<AssetRow>) {
        val last = page.size < limit
        val end = page.lastOrNull()?.seq
        val known = if (before == null) held else held.tailMap(before, false)
        if (last) {
            known.clear()
        } else if (end != null) {
            known.headMap(end, true).clear()
        }
        page.forEach { held[it.seq] = Held(it, round) }
        // What is older than a full page is known only where it was read.
        if (last) {
            complete = true
        } else if (end == held.lastKey()) {
            complete = false
        }
    }

    /** Forgets all that is older than [seq]: what is between was not read. */
    fun forgetBelow(seq: Long) {
        held.tailMap(seq, false).clear()
        complete = false
    }

    /** Takes in one asset that is among them. */
    fun replace(row: AssetRow) {
        if (row.seq in held) held[row.seq] = Held(row, round)
    }

    /** An asset is not there any more. */
    fun drop(asset: AssetId) {
        held.values.removeIf { it.row.id == asset }
    }

    /** Whatever was read may be out of date. */
    fun age() {
        round += 1
    }

    /** Whether something between these numbers, both included, may be out of date. */
    fun isStale(newest: Long, oldest: Long): Boolean = held.subMap(newest, true, oldest, true).values.any { it.round < round }

    /** The number of the one before [seq] in the list (newer); null where it is the newest. */
    fun newerThan(seq: Long): Long? = held.lowerKey(seq)

    /** All, with a heading for each day. */
    fun entries(): List<OutboxEntry> = buildList(held.size + held.size / 8 + 1) {
        var day: LocalDate? = null
        for (one in held.values) {
            if (one.row.day != day) {
                day = one.row.day
                add(OutboxEntry.Day(one.row.day, one.row.seq))
            }
            add(OutboxEntry.Item(one.row))
        }
    }
}
