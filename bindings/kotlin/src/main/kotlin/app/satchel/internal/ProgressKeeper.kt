package app.satchel.internal

import app.satchel.Change
import app.satchel.Counts
import app.satchel.Progress
import app.satchel.Upload
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update

/** Keeps what [app.satchel.Satchel.progress] shows, from the changes that are told. */
internal class ProgressKeeper {
    private val current = MutableStateFlow(Progress(Counts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    val state: StateFlow<Progress> = current.asStateFlow()

    fun begin(counts: Counts) = current.update { it.copy(counts = counts) }

    suspend fun changed(changes: List<Change>, counts: suspend () -> Counts?) {
        val counted = if (changes.any(::changesCounts)) counts() else null
        current.update { shown ->
            Progress(counted ?: shown.counts, changes.fold(shown.uploads, ::uploads))
        }
    }

    /** No upload is under way without a run; there is one at most. */
    fun runEnded() = current.update { it.copy(uploads = emptyList()) }

    private fun changesCounts(change: Change): Boolean = when (change) {
        is Change.Progress, is Change.Trouble, is Change.Endpoints -> false
        is Change.Assets, is Change.Read, is Change.Delivered, is Change.Parked, is Change.Idle, is Change.Other -> true
    }

    private fun uploads(before: List<Upload>, change: Change): List<Upload> = when (change) {
        is Change.Progress -> {
            val now = Upload(change.asset, change.rendition, change.target, change.sent, change.bytes)
            if (before.any { it.isSame(now) }) before.map { if (it.isSame(now)) now else it } else before + now
        }

        is Change.Delivered -> {
            before.filterNot { it.asset == change.asset && it.rendition == change.rendition }
        }

        is Change.Parked -> {
            before.filterNot { it.asset == change.asset }
        }

        is Change.Trouble -> {
            before.filterNot { it.target == change.target }
        }

        is Change.Idle -> {
            emptyList()
        }

        is Change.Assets, is Change.Read, is Change.Endpoints, is Change.Other -> {
            before
        }
    }

    private fun Upload.isSame(other: Upload) = asset == other.asset && rendition == other.rendition && target == other.target
}
