/*
 * The Outbox screen: what is in the outbox, page by page, how far it is, and what it would cost to send some of it now.
 */
package app.satchel.demo.state

import app.satchel.Asset
import app.satchel.AssetId
import app.satchel.Change
import app.satchel.Price
import app.satchel.Progress
import app.satchel.Satchel
import app.satchel.SatchelException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.milliseconds

/**
 * How far all of it is.
 *
 * @property open uploads that are to go.
 * @property openBytes their bytes.
 * @property needYou assets or uploads that need a person.
 * @property delivered uploads that are done.
 * @property fraction how much of what was to go when it began is there, 0 to 1; null where nothing is to go.
 */
data class Overall(val open: Long, val openBytes: Long, val needYou: Long, val delivered: Long, val fraction: Float?)

/**
 * The sheet that asks for leave to send.
 *
 * @property assets what would be sent.
 * @property price what it costs; null while it is reckoned.
 * @property problem why it cannot be reckoned or sent; null where it can.
 */
data class PriceUi(val assets: List<AssetId>, val price: Price? = null, val problem: String? = null, val sending: Boolean = false)

/**
 * What the screen shows.
 *
 * @property entries days and assets, newest first, as far as they were read.
 * @property loaded whether anything was read yet.
 * @property complete whether the last asset is among them.
 * @property paired whether there is a server to send to.
 * @property uploads how much of each upload under way is sent, 0 to 1.
 */
data class OutboxUi(
    val entries: List<OutboxEntry> = emptyList(),
    val loaded: Boolean = false,
    val complete: Boolean = false,
    val paired: Boolean = false,
    val paused: Boolean = false,
    val overall: Overall = Overall(0, 0, 0, 0, null),
    val uploads: Map<AssetId, Float> = emptyMap(),
    val selected: Set<AssetId> = emptySet(),
    val price: PriceUi? = null,
    val today: java.time.LocalDate,
)

class OutboxScreenState internal constructor(private val demo: DemoState) {
    private val state = MutableStateFlow(OutboxUi(today = demo.today()))
    private val rows = Rows()
    private val touched: MutableSet<AssetId> = ConcurrentHashMap.newKeySet()
    private val allChanged = AtomicBoolean(true)
    private val wantsMore = AtomicBoolean(false)
    private val work = Channel<Unit>(Channel.CONFLATED)

    @Volatile
    private var most = 0L

    /** Newest and oldest number on the screen. */
    @Volatile
    private var window: Pair<Long, Long>? = null

    /** What the screen shows. */
    val ui: StateFlow<OutboxUi> = state.asStateFlow()

    /** Follows the outbox until it is closed. */
    internal suspend fun follow(satchel: Satchel): Unit = coroutineScope {
        // It listens before the first look, so that nothing that comes in between is missed.
        launch(start = CoroutineStart.UNDISPATCHED) { satchel.changes.collect(::changed) }
        // A network's coming and going changes every reason.
        launch { satchel.link.drop(1).collect { all() } }
        launch {
            satchel.progress.collect { progress ->
                val uploads = progress.uploads.associate { it.asset to it.sent.toFloat() / it.bytes.coerceAtLeast(1) }
                state.update { it.copy(uploads = uploads, overall = overallOf(progress)) }
            }
        }
        all()
        demo.lookAgain(work, PAUSE) { withContext(Dispatchers.Default) { read(satchel) } }
    }

    private fun changed(change: Change) {
        when (change) {
            is Change.Read -> touch(change.asset)
            is Change.Delivered -> change.asset?.let(::touch) ?: all()
            is Change.Parked -> change.asset?.let(::touch) ?: all()
            is Change.Progress -> touch(change.asset)
            is Change.Assets, is Change.Trouble, is Change.Endpoints, is Change.Idle, is Change.Other -> all()
        }
    }

    private fun touch(asset: AssetId) {
        touched += asset
        work.trySend(Unit)
    }

    /** Everything may have changed. */
    internal fun all() {
        allChanged.set(true)
        work.trySend(Unit)
    }

    private suspend fun read(satchel: Satchel) {
        val some = touched.toList().also { touched.removeAll(it.toSet()) }
        val all = allChanged.getAndSet(false) || some.size > MANY
        if (all) {
            rows.age()
            readNewest(satchel)
        } else {
            some.forEach { one ->
                try {
                    rows.replace(row(satchel.asset(one)))
                } catch (_: SatchelException.NoSuchAsset) {
                    rows.drop(one)
                }
            }
        }
        val window = readWindow(satchel)
        val more = wantsMore.getAndSet(false) && !rows.complete
        if (more) page(satchel, rows.oldest, PAGE)
        // Scrolling alone changes nothing.
        if (!all && some.isEmpty() && !window && !more) return
        val entries = rows.entries()
        val paused = satchel.isPaused()
        val paired = satchel.targets().isNotEmpty()
        val overall = overallOf(Progress(satchel.counts(), satchel.progress.value.uploads))
        state.update { old ->
            val there = if (old.selected.isEmpty()) emptySet() else entries.mapNotNullTo(HashSet()) { (it as? OutboxEntry.Item)?.row?.id }
            old.copy(
                entries = entries,
                loaded = true,
                complete = rows.complete,
                paired = paired,
                paused = paused,
                overall = overall,
                selected = old.selected.filterTo(LinkedHashSet()) { it in there },
                today = demo.today(),
            )
        }
    }

    /** Reads from the top on, until what was there before follows. */
    private suspend fun readNewest(satchel: Satchel) {
        val newest = rows.newest
        var before: Long? = null
        repeat(NEWS) {
            val page = page(satchel, before, PAGE)
            val last = page.lastOrNull()?.seq
            if (page.size < PAGE || last == null || newest == null || last <= newest) return
            before = last
        }
        // So much is new that the list begins anew.
        before?.let(rows::forgetBelow)
    }

    /** Reads what is on the screen, where it may be out of date. */
    private suspend fun readWindow(satchel: Satchel): Boolean {
        val (newest, oldest) = window ?: return false
        if (!rows.isStale(newest, oldest)) return false
        page(satchel, rows.newerThan(newest), PAGE)
        return true
    }

    private suspend fun page(satchel: Satchel, before: Long?, limit: Int): List<AssetRow> {
        val page = satchel.list(before, limit).map(::row)
        rows.take(before, limit, page)
        return page
    }

    private fun row(asset: Asset) = rowOf(asset, demo.zone())

    private fun overallOf(progress: Progress): Overall {
        val counts = progress.counts
        val openBytes = counts.openBytes
        val away = progress.uploads.sumOf { it.sent }.coerceAtMost(openBytes)
        most = if (counts.open == 0L) 0 else maxOf(most, openBytes)
        return Overall(
            open = counts.open,
            openBytes = openBytes,
            needYou = counts.parked + counts.unreadable + counts.postsParked,
            delivered = counts.delivered,
            fraction = if (most == 0L) null else (1 - (openBytes - away).toFloat() / most).coerceIn(0f, 1f),
        )
    }

    /** These are on the screen, by their numbers. */
    fun seen(newest: Long, oldest: Long) {
        window = newest to oldest
        work.trySend(Unit)
    }

    /** The end of what was read comes near. */
    fun more() {
        if (state.value.complete) return
        wantsMore.set(true)
        work.trySend(Unit)
    }

    /** Adds something by hand. */
    fun add(): Unit = demo.errands.pickPhotos()

    /** The picker is done: so many went in, and [problem] is what kept others out. */
    fun picked(added: Int, problem: String? = null) {
        val words =
            if (added ==
                0
            ) {
                null
            } else {
                "${counted(added.toLong(), "photo")} added. ${if (added == 1) "It is" else "They are"} safe now."
            }
        listOfNotNull(words, problem).joinToString(" ").ifEmpty { null }?.let(demo::say)
        all()
    }

    /** Selects an asset, or not any more. */
    fun toggle(asset: AssetId): Unit = state.update { old ->
        old.copy(selected = if (asset in old.selected) old.selected - asset else old.selected + asset)
    }

    /** Selects nothing any more. */
    fun clearSelection(): Unit = state.update { it.copy(selected = emptySet()) }

    /** Shows an asset. */
    fun show(asset: AssetId): Unit = demo.show(asset)

    /** Pauses, or goes on. */
    fun pause(paused: Boolean): Job = demo.allow { satchel ->
        satchel.pause(paused)
        all()
    }

    /** Sets all that needs a person and is selected going again. */
    fun retrySelected(): Job {
        val some = state.value.selected
        return demo.act { satchel ->
            some.forEach { satchel.retry(it) }
            clearSelection()
            all()
        }
    }

    /** Takes what is selected out of the outbox; files stay. */
    fun removeSelected(): Job {
        val some = state.value.selected
        return demo.act { satchel ->
            some.forEach { satchel.remove(it) }
            clearSelection()
            demo.say("${counted(some.size.toLong(), "photo")} taken out of the outbox. The files stay.")
            all()
        }
    }

    /** Tells what is selected would cost, before a byte goes. */
    fun askPrice(assets: Set<AssetId> = state.value.selected): Job {
        val some = assets.toList()
        state.update { it.copy(price = PriceUi(some)) }
        return demo.scope.launch {
            val answer =
                try {
                    PriceUi(some, price = demo.phone.satchel().price(some))
                } catch (failure: SatchelException) {
                    PriceUi(some, problem = sentence(failure.message.orEmpty()))
                }
            state.update { if (it.price?.assets == some) it.copy(price = answer) else it }
        }
    }

    /** Not at this price. */
    fun closePrice(): Unit = state.update { it.copy(price = null) }

    /** At this price: now. */
    fun sendNow(): Job {
        val asked = state.value.price ?: return demo.scope.launch { }
        state.update { it.copy(price = asked.copy(sending = true)) }
        return demo.scope.launch {
            try {
                demo.phone.sendNow(asked.assets)
                state.update { it.copy(price = null, selected = emptySet()) }
                demo.stir()
            } catch (failure: SatchelException) {
                state.update { it.copy(price = asked.copy(problem = sentence(failure.message.orEmpty()))) }
            }
            all()
        }
    }

    private companion object {
        /** Assets in a page. */
        const val PAGE = 200

        /** So many pages of news are read; with more, the list begins anew. */
        const val NEWS = 5

        /** More than so many at once are read as pages. */
        const val MANY = 20
        val PAUSE = 150.milliseconds
    }
}
