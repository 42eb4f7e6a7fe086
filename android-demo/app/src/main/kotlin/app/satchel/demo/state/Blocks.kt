/*
 * What stood in the servers' place, line by line, and the pages of it: as text, never as pages.
 */
package app.satchel.demo.state

import app.satchel.Block
import app.satchel.BlockId
import app.satchel.BlockKind
import app.satchel.BlockRecord
import java.nio.charset.Charset
import java.time.LocalDate
import java.time.ZoneId

/** What stands over the records. */
const val BLOCKS: String = "Blocks"

/** What stands there before the first one. */
const val NO_BLOCKS: String = "Nothing stood in a server’s place so far. What does is kept here, as evidence."

/** Hands the records and their pages to another app. */
const val SHARE_EVIDENCE: String = "Share the evidence"

/** What is in them. */
const val EVIDENCE_MEANING: String = "All records with their pages, in one file. It names servers and networks, and no photo."

/** So many of the latest records are shown at first. */
const val LATEST_BLOCKS: Int = 3

/** So many characters of a page are shown; a person needs no more to know it. */
const val PAGE_SHOWN: Int = 4_000

/**
 * A record, as the screen shows it.
 *
 * @property words what kind of thing it was.
 * @property where at which server, and on which network.
 * @property said what it said of itself: title, status, where it pointed, who signed; null where it said nothing.
 * @property times when it was seen first and last, and how often.
 * @property hasPage its page was kept.
 */
data class BlockLine(
    val id: BlockId,
    val words: String,
    val where: String,
    val said: String?,
    val times: String,
    val hasPage: Boolean,
    internal val pageType: String?,
)

/**
 * A page that is shown as text.
 *
 * @property line what it belongs to.
 * @property text its source, without what would change how it is shown.
 * @property cut there is more of it in the evidence.
 */
data class PageUi(val line: BlockLine, val text: String, val cut: Boolean)

/** A record as a line; [here] is the network that there is. */
internal fun blockLine(record: BlockRecord, here: String?, zone: ZoneId, today: LocalDate): BlockLine {
    val network =
        when (val seen = record.network) {
            null -> "a network without a name"

            here -> "this network"

            // The host's hash of the name: its beginning tells networks apart.
            else -> "another network (${plain(seen).take(8)})"
        }
    val said =
        listOfNotNull(
            record.title?.let { "“${plain(it)}”" },
            record.status?.let { "status $it" },
            record.location?.let { "pointed to ${plain(it)}" },
            record.issuer?.let { "signed by ${plain(it)}" },
        )
    val first = clockWords(record.first, zone, today)
    val last = clockWords(record.last, zone, today)
    return BlockLine(
        id = record.id,
        words = record.kind.words,
        where = "${hostOf(record.endpoint)}, on $network",
        said = said.takeIf { it.isNotEmpty() }?.joinToString(", ")?.let(::sentence),
        times = if (record.times == 1L) "Seen once, $first" else "Seen ${record.times} times, $first to $last",
        hasPage = record.pageBytes > 0,
        pageType = record.pageType,
    )
}

/** What stood there, as it is told later: the core's words are about now. */
val BlockKind.words: String
    get() =
        when (this) {
            is BlockKind.Blocked -> by.words
            BlockKind.Captive -> "The network wanted a sign-in first"
            is BlockKind.Other -> sentence(code.replace('_', ' '))
        }

private val Block.words: String
    get() =
        when (this) {
            Block.Page -> "A warning page stood in the server’s place"
            Block.Redirect -> "The network sent us to another address"
            Block.Certificate -> "Somebody else’s certificate stood in the server’s place"
            Block.Reset -> "The network broke the connection"
            Block.Name -> "The network gave no address, or a wrong one"
            Block.Silence -> "The network swallowed what was sent"
        }

/** The beginning of a page, as text: in the charset that it names, else UTF-8. */
internal fun pageUi(line: BlockLine, bytes: ByteArray): PageUi {
    val named = line.pageType?.let { CHARSET.find(it) }?.groupValues?.get(1)
    val charset = runCatching { Charset.forName(checkNotNull(named)) }.getOrDefault(Charsets.UTF_8)
    val whole = String(bytes, charset)
    // Not through the middle of a character.
    val end = PAGE_SHOWN.coerceAtMost(whole.length).let { if (it < whole.length && whole[it].isLowSurrogate()) it - 1 else it }
    return PageUi(line, plain(whole.take(end), lines = true), cut = end < whole.length)
}

private val CHARSET = Regex("""charset\s*=\s*"?([A-Za-z0-9._:+-]+)""", RegexOption.IGNORE_CASE)

/**
 * Somebody else's text, so that it can only be read: without what is invisible and turns, hides or moves what stands beside it. Its
 * [lines] stay, or become one.
 */
internal fun plain(text: String, lines: Boolean = false): String = buildString {
    for (character in text.replace("\r\n", "\n")) {
        when {
            character == '\n' || character == '\t' -> append(if (lines) character else ' ')
            character == '\r' -> append(if (lines) '\n' else ' ')
            character.category == CharCategory.CONTROL || character.category == CharCategory.FORMAT -> append('\uFFFD')
            else -> append(character)
        }
    }
}
