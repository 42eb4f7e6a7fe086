/*
 * What was tried for an asset, line by line: its latest requests and what came of each, in the core's words.
 */
package app.satchel.demo.state

import app.satchel.Attempt
import app.satchel.Target
import java.time.LocalDate
import java.time.ZoneId

/** What stands over the attempts. */
const val TRIED: String = "What was tried"

/** What stands there before the first one. */
const val NOTHING_TRIED: String = "Nothing was tried yet."

/** Shows the older ones, too. */
const val ALL_TRIED: String = "Show all that was tried"

/** Shows the latest ones only. */
const val LATEST_TRIED: String = "Show the latest only"

/** So many of the latest attempts are shown at first. */
const val LATEST: Int = 5

/**
 * An attempt, as the screen shows it.
 *
 * @property time when it ended, on the phone's clock: `14:05`, with its day where that is not today.
 * @property what of the asset, and where to.
 * @property words what came of it, in the core's words.
 * @property details what the server answered, and how much left.
 */
data class AttemptLine(val time: String, val what: String, val words: String, val details: String) {
    /** The time, and what it was about. */
    val heading: String get() = "$time · $what"
}

/** An attempt as a line; [target] is where it went, null where that is gone. */
internal fun attemptLine(attempt: Attempt, target: Target?, zone: ZoneId, today: LocalDate): AttemptLine {
    val answer = attempt.status?.let { "status $it" } ?: "no answer"
    return AttemptLine(
        time = clockWords(attempt.ended, zone, today),
        what = "${attempt.rendition.words} to ${target?.let(::hostOf) ?: "server ${attempt.target}"}",
        words = sentence(attempt.words),
        details = "${attempt.method}: $answer, ${amount(attempt.sent)} sent",
    )
}
