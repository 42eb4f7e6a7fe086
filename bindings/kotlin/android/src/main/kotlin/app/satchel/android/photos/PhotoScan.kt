/*
 * Looks through the phone's library for what is new, so that nothing is missed and nothing is read twice.
 */
package app.satchel.android.photos

import app.satchel.AddKind
import app.satchel.SatchelException
import app.satchel.SourceFault
import app.satchel.android.PhotoRules
import app.satchel.android.ScanReport
import kotlinx.coroutines.CancellationException
import kotlin.time.Instant

/**
 * A scan goes on from a mark for each volume. The mark moves only when all before it was added for good: a kill in between makes the
 * next scan add some again, which does no harm, because the outbox knows them by their address.
 */
internal class PhotoScan(
    private val shelf: PhotoShelf,
    private val marks: PhotoMarks,
    private val rules: PhotoRules,
    private val add: suspend (PhotoItem) -> AddKind,
) {
    private var seen = 0L
    private var added = 0L
    private var failed = 0L
    private var held: Exception? = null

    /** Looks at what changed since the last scan, or at all there is; [now] is when it is watched from, if never before. */
    suspend fun scan(now: Instant): ScanReport {
        val sight = shelf.sight()
        if (sight == Sight.None) return ScanReport()
        var state = marks.load()
        if (state.since == null) state = state.copy(since = rules.since ?: now).also(marks::save)
        val watched = checkNotNull(state.since)
        val since = rules.since ?: watched
        // By the library's own order only where that means the same: not for a day that is still to come, or was changed.
        val isOrdered = rules.since.let { it == null || (it <= watched && it <= now) }
        var full = false
        try {
            for (volume in asked { shelf.volumes() }) {
                try {
                    full = scan(volume, sight, since, isOrdered) || full
                } catch (silent: Silent) {
                    hold(silent.why)
                }
            }
        } catch (silent: Silent) {
            hold(silent.why)
        }
        return ScanReport(seen, added, failed, full, held)
    }

    /** The library cannot tell: a card was taken out, a permission was taken back, or its process is gone for now. */
    private class Silent(val why: RuntimeException) : Exception(why)

    private fun <T> asked(what: () -> T): T = try {
        what()
    } catch (failure: RuntimeException) {
        throw Silent(failure)
    }

    /** Whether all of it was looked at. */
    private suspend fun scan(volume: String, sight: Sight, since: Instant, isOrdered: Boolean): Boolean {
        val version = asked { shelf.version(volume) }
        val last = marks.load().volumes[volume]
        val same = last?.takeIf { it.version == version }
        // What a person selects in addition changes no count: then each scan looks at all.
        val known = same?.takeIf { it.sight == sight && sight != Sight.ByHand }
        // Before the first page: what changes from here on has a higher count, and belongs to the next scan.
        val upTo = asked { shelf.generation(volume) }
        if (known != null && upTo != null && upTo <= known.position.generation) return false
        val base = if (!isOrdered || sight == Sight.ByHand) null else same?.base ?: upTo
        val look = Look(volume, version, sight, known, since.takeIf { sight != Sight.ByHand }, last != null && same == null, base)
        look.through(same)
        if (!look.isHeld) look.end(upTo, isOrdered)
        return known == null
    }

    private fun hold(failure: Exception) {
        if (held == null) held = failure
    }

    /** A look through one volume. */
    private inner class Look(
        val volume: String,
        val version: String,
        val sight: Sight,
        val from: PhotoMark?,
        val since: Instant?,
        val rebuilt: Boolean,
        val base: Long?,
    ) {
        var isHeld = false
        private var position = Position.START
        private val recent = sortedSetOf<Position>()

        suspend fun through(last: PhotoMark?) {
            position = from?.let { startOf(it) } ?: Position.START
            val skip = last?.recent.orEmpty()
            while (true) {
                val page = asked { shelf.page(volume, position, PAGE) }
                for (item in page) {
                    seen += 1
                    val isTaken = item.position in skip || !isWanted(item) || take(item)
                    // Where no count says that it changed, what could not be taken is looked at again.
                    if (!isHeld && (isTaken || item.position.generation > 0)) remember(item.position)
                }
                if (page.isEmpty()) return
                position = page.last().position
                if (!isHeld && sight != Sight.ByHand) save(position)
            }
        }

        /**
         * Systems that do not count changes go by ids alone, which only grow; times would not do, since clocks are set back. What was
         * pending when a scan passed it appears below the mark: so each scan looks at the last ones again.
         */
        private fun startOf(mark: PhotoMark) =
            if (mark.position.generation > 0) mark.position else mark.position.copy(id = mark.position.id - LOOK_BACK)

        private fun isWanted(item: PhotoItem): Boolean {
            if (!(if (item.video) rules.videos else rules.photos)) return false
            if (rules.albums?.contains(item.album) == false) return false
            if (since == null || (base != null && item.born > base)) return true
            // In a library that was built anew, all came just now: there the files' own time counts as well.
            return item.added >= since.wholeSeconds() && (!rebuilt || item.modified >= since.wholeSeconds())
        }

        /** Whether it is in the outbox now. */
        private suspend fun take(item: PhotoItem): Boolean {
            try {
                if (add(item) == AddKind.Added) added += 1
                return true
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (failure: SatchelException.Source) {
                // Gone since, or nothing in it yet: when it changes, it is seen again.
                if (failure.fault in PASSING) failed += 1 else keep(failure)
            } catch (failure: SatchelException) {
                keep(failure)
            }
            return false
        }

        private fun keep(failure: Exception) {
            isHeld = true
            hold(failure)
        }

        private fun remember(at: Position) {
            recent += at
            if (sight != Sight.ByHand) while (recent.size > (if (at.generation > 0) 0 else LOOK_BACK)) recent.pollFirst()
        }

        private fun save(at: Position, base: Long? = this.base) =
            marks.change { it.with(volume, PhotoMark(version, sight, at, recent.toSet(), base)) }

        fun end(upTo: Long?, isOrdered: Boolean) {
            val at = if (upTo != null && upTo >= position.generation) Position(upTo, Long.MAX_VALUE) else position
            // Without a count, all that comes from here on has a higher id than any of these.
            val base = base ?: at.id.takeIf { upTo == null && isOrdered && sight != Sight.ByHand }
            save(if (position == Position.START && upTo == null) from?.position ?: position else at, base)
        }
    }

    private companion object {
        const val PAGE = 200
        const val LOOK_BACK = 500
        val PASSING = setOf(SourceFault.Gone, SourceFault.Empty, SourceFault.NotAFile, SourceFault.Unreadable)
    }
}

/** The library keeps times in whole seconds. */
private fun Instant.wholeSeconds(): Instant = Instant.fromEpochSeconds(epochSeconds)
