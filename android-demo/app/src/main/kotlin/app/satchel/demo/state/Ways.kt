/*
 * The ways to a server, line by line: how each fares, since when, when it is tried again, and which one carries the photos.
 */
package app.satchel.demo.state

import app.satchel.EndpointState
import app.satchel.Health
import app.satchel.Satchel
import app.satchel.TargetId
import app.satchel.Trouble
import java.net.URI
import java.time.LocalDate
import java.time.ZoneId

/** What stands over the ways. */
const val WAYS: String = "Ways to the server"

/** Opens the network's sign-in page. */
const val SIGN_IN: String = "Open the sign-in page"

/**
 * A way to a server, as the screens show it.
 *
 * @property host its host, as a person knows it.
 * @property by whether its name or its configured addresses are asked.
 * @property standing the sign beside [words].
 * @property words how it fares, in the core's words.
 * @property times since when, and when it is tried again; null where there is nothing to say.
 * @property carries the photos go by it now.
 */
data class WayLine(val host: String, val by: String, val standing: Standing, val words: String, val times: String?, val carries: Boolean)

/**
 * The ways to one target.
 *
 * @property host the target's.
 * @property signIn what the network wants before anything goes to it, in the core's words; null where it wants nothing.
 */
data class TargetWays(val target: TargetId, val host: String, val ways: List<WayLine>, val signIn: String?)

/** Each target's ways, as they fare now. */
internal suspend fun waysOf(satchel: Satchel, zone: ZoneId, today: LocalDate): List<TargetWays> = satchel.targets().map { target ->
    val states = satchel.endpoints(target.id)
    val wants = states.firstOrNull { it.trouble == Trouble.SignIn }
    TargetWays(target.id, hostOf(target), states.map { wayLine(it, zone, today) }, wants?.let { sentence(it.words) + "." })
}

/** A way as a line. */
internal fun wayLine(state: EndpointState, zone: ZoneId, today: LocalDate): WayLine {
    val since = state.since?.let { "Since ${clockWords(it, zone, today)}" }
    val next = state.next?.let { "tried again ${clockWords(it, zone, today)}" }
    return WayLine(
        host = hostOf(state.url),
        by = if (state.byAddress) "by its IP addresses" else "by its name",
        standing = standingOf(state),
        words = sentence(state.words),
        times = listOfNotNull(since, next).takeIf { it.isNotEmpty() }?.joinToString(", ")?.let(::sentence),
        carries = state.carries,
    )
}

/** How a way stands: what only a person can mend needs one, whatever else is wrong goes on by itself. */
internal fun standingOf(state: EndpointState): Standing = when {
    state.trouble == Trouble.SignIn || state.trouble == Trouble.WrongClock -> Standing.NeedsYou
    state.health == Health.Open -> Standing.Delivered
    else -> Standing.Waiting
}

/** The host and port of an address; all of it where it has none. */
internal fun hostOf(url: String): String = runCatching { URI(url).authority }.getOrNull() ?: url
