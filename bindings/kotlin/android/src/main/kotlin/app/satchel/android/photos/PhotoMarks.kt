/*
 * How far the scans of the phone's library came, on the disk.
 */
package app.satchel.android.photos

import android.util.AtomicFile
import java.io.File
import java.io.FileNotFoundException
import kotlin.time.Instant

/**
 * How far a volume was scanned.
 *
 * @property recent what was seen that a later scan meets again: with [Sight.ByHand] all that was visible, on systems that do not
 *   count changes the last few.
 * @property base what is born after this came after watching began, whatever the clock said then and now; null where that is not known.
 */
internal data class PhotoMark(
    val version: String,
    val sight: Sight,
    val position: Position,
    val recent: Set<Position> = emptySet(),
    val base: Long? = null,
)

/**
 * The state of the scans.
 *
 * @property on whether new photos are watched for.
 * @property since when it was first watched; null before that.
 */
internal data class PhotoState(val on: Boolean = false, val since: Instant? = null, val volumes: Map<String, PhotoMark> = emptyMap()) {
    fun with(volume: String, mark: PhotoMark): PhotoState = copy(volumes = volumes + (volume to mark))
}

/** Keeps the state in a file, written whole and durable or not at all. It names no photo. */
internal class PhotoMarks(file: File) {
    private val file = AtomicFile(file)
    private var known: PhotoState? = null

    @Synchronized
    fun load(): PhotoState = known ?: read().also { known = it }

    @Synchronized
    fun save(state: PhotoState) {
        if (state == known) return
        file.baseFile.parentFile?.mkdirs()
        val stream = file.startWrite()
        try {
            stream.write(textOf(state).toByteArray())
            file.finishWrite(stream)
        } catch (failure: Exception) {
            file.failWrite(stream)
            throw failure
        }
        known = state
    }

    @Synchronized
    fun change(how: (PhotoState) -> PhotoState): Unit = save(how(load()))

    private fun read(): PhotoState = try {
        stateOf(String(file.readFully()))
    } catch (_: FileNotFoundException) {
        PhotoState()
    }
}

private const val FIRST = "satchel photos 1"

private fun textOf(state: PhotoState): String = buildString {
    appendLine(FIRST)
    if (state.on) appendLine("on")
    state.since?.let { appendLine("since\t${it.toEpochMilliseconds()}") }
    for ((volume, mark) in state.volumes) {
        val base = mark.base?.let { "\t$it" }.orEmpty()
        appendLine("volume\t$volume\t${mark.version}\t${mark.sight.code}\t${mark.position.generation}\t${mark.position.id}$base")
        for (one in mark.recent) appendLine("recent\t$volume\t${one.generation}\t${one.id}")
    }
}

/** Of a file that is damaged, what can be read: the scan looks at more again, which does no harm. */
private fun stateOf(text: String): PhotoState {
    val lines = text.lines().filter { it.isNotEmpty() }
    if (lines.firstOrNull() != FIRST) return PhotoState()
    var state = PhotoState()
    for (line in lines.drop(1)) {
        val words = line.split('\t')
        state =
            try {
                when (words[0]) {
                    "on" -> state.copy(on = true)
                    "since" -> state.copy(since = Instant.fromEpochMilliseconds(words[1].toLong()))
                    "volume" -> state.with(words[1], markOf(words))
                    else -> state
                }
            } catch (_: RuntimeException) {
                state
            }
    }
    val recent = lines.filter { it.startsWith("recent\t") }.mapNotNull(::recentOf).groupBy({ it.first }, { it.second })
    return state.copy(volumes = state.volumes.mapValues { (volume, mark) -> mark.copy(recent = recent[volume].orEmpty().toSet()) })
}

private fun markOf(words: List<String>): PhotoMark {
    val sight = Sight.entries.first { it.code == words[3] }
    return PhotoMark(words[2], sight, Position(words[4].toLong(), words[5].toLong()), base = words.getOrNull(6)?.toLong())
}

private fun recentOf(line: String): Pair<String, Position>? {
    val words = line.split('\t')
    val generation = words.getOrNull(2)?.toLongOrNull() ?: return null
    val id = words.getOrNull(3)?.toLongOrNull() ?: return null
    return words[1] to Position(generation, id)
}
