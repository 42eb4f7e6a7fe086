/*
 * The Link screen: what the phone sees, what that costs, what may still go, and what went.
 */
package app.satchel.demo.state

import app.satchel.Budget
import app.satchel.BudgetState
import app.satchel.Covers
import app.satchel.LedgerRow
import app.satchel.Link
import app.satchel.LinkClass
import app.satchel.Mark
import app.satchel.Period
import app.satchel.Satchel
import app.satchel.SatchelException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.io.File
import java.time.LocalDate
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Instant

/**
 * What went on one day, by class; billed bytes of both directions.
 *
 * @property wasted payload bytes of it that were sent and not kept.
 */
data class LedgerDay(val day: LocalDate, val bytes: Map<LinkClass, Long>, val wasted: Long) {
    /** All of it. */
    val total: Long get() = bytes.values.sum()
}

/**
 * A budget while it is being typed.
 *
 * @property megabytes as typed.
 * @property days how many days from now on a trip lasts, as typed; not used of a daily one.
 * @property old the name of the one that is changed; null for a new one.
 */
data class BudgetDraft(
    val name: String = "",
    val covers: LinkClass = LinkClass.Metered,
    val megabytes: String = "50",
    val daily: Boolean = true,
    val days: String = "14",
    val old: String? = null,
    val problem: String? = null,
)

/**
 * What the screen shows.
 *
 * @property seen what the phone sees.
 * @property told what counts: with what a tester pretends, and with the person's word about the network.
 * @property linkClass its class; null where there is no network.
 * @property mark the person's word about this network.
 * @property ledger days, oldest first, without gaps; at most the last fourteen.
 * @property draft the budget that is being typed; null where none is.
 * @property signIn why a person is to sign in to the network first; null where nobody has to.
 * @property ways each server's ways.
 * @property blocks what stood in the servers' place, the last seen first.
 * @property showsAllBlocks more than the latest of them are shown.
 * @property page the page that is read; null where none is.
 */
data class LinkUi(
    val seen: Link = Link(),
    val told: Link = Link(),
    val linkClass: LinkClass? = null,
    val mark: Mark? = null,
    val pretended: Boolean = false,
    val lastStop: String? = null,
    val budgets: List<BudgetState> = emptyList(),
    val ledger: List<LedgerDay> = emptyList(),
    val draft: BudgetDraft? = null,
    val signIn: String? = null,
    val ways: List<TargetWays> = emptyList(),
    val blocks: List<BlockLine> = emptyList(),
    val showsAllBlocks: Boolean = false,
    val page: PageUi? = null,
) {
    /** The records that are shown. */
    val shownBlocks: List<BlockLine> get() = if (showsAllBlocks) blocks else blocks.take(LATEST_BLOCKS)

    /** What shows more of them, or fewer; null where all are shown anyway. */
    val blocksToggle: String?
        get() =
            when {
                blocks.size <= LATEST_BLOCKS -> null
                showsAllBlocks -> LATEST_TRIED
                else -> "Show all ${blocks.size}"
            }
}

class LinkScreenState internal constructor(private val demo: DemoState) {
    private val loading = Mutex()
    private val state = MutableStateFlow(LinkUi())
    private val work = Channel<Unit>(Channel.CONFLATED)

    /** What the screen shows. */
    val ui: StateFlow<LinkUi> = state.asStateFlow()

    internal suspend fun follow(satchel: Satchel): Unit = coroutineScope {
        launch(start = CoroutineStart.UNDISPATCHED) { satchel.changes.collect { work.trySend(Unit) } }
        launch { satchel.link.collect { work.trySend(Unit) } }
        launch { demo.phone.link.collect { work.trySend(Unit) } }
        launch { demo.phone.lastStop.collect { work.trySend(Unit) } }
        launch { demo.pretence.collect { work.trySend(Unit) } }
        demo.lookAgain(work, PAUSE) { load(satchel) }
    }

    /** One after the other, so that what was read first is not shown last. */
    private suspend fun load(satchel: Satchel) = loading.withLock { read(satchel) }

    private suspend fun read(satchel: Satchel) {
        val told = satchel.effectiveLink()
        val mark = satchel.networkMarks()[told.network]
        val budgets = satchel.budgets()
        val ledger = ledgerDays(satchel.ledger(), demo.today())
        val ways = waysOf(satchel, demo.zone(), demo.today())
        val blocks = satchel.blocks().map { blockLine(it, told.network, demo.zone(), demo.today()) }
        // The system knows of a sign-in page, or the outbox found it.
        val signIn = if (told.captive == true) CAPTIVE else ways.firstNotNullOfOrNull { it.signIn }
        state.update {
            it.copy(
                seen = demo.phone.link.value,
                told = told,
                linkClass = classOf(told),
                mark = mark,
                pretended = demo.pretence.value?.link != null,
                lastStop = demo.phone.lastStop.value,
                budgets = budgets,
                ledger = ledger,
                signIn = signIn,
                ways = ways,
                blocks = blocks,
            )
        }
    }

    /** The person's word about this network; null forgets it. */
    fun mark(mark: Mark?): Job = demo.allow { satchel ->
        val network = satchel.effectiveLink().network
        if (network == null) {
            demo.say("The phone does not say which network this is, so a word about it cannot be kept.")
        } else {
            satchel.markNetwork(network, mark)
            load(satchel)
            demo.outbox.all()
        }
    }

    /** Opens the network's sign-in page. */
    fun openSignIn(): Unit = demo.errands.openSignIn()

    /** Shows all records of blocks, or the latest only. */
    fun showAllBlocks(all: Boolean): Unit = state.update { it.copy(showsAllBlocks = all) }

    /** Shows the page of a record, as text. */
    fun readPage(line: BlockLine): Job = demo.act { satchel ->
        val bytes = satchel.blockPage(line.id)
        if (bytes == null) {
            demo.say("The page is too old to be kept. The record stays.")
            load(satchel)
        } else {
            state.update { it.copy(page = pageUi(line, bytes)) }
        }
    }

    /** Ends that. */
    fun closePage(): Unit = state.update { it.copy(page = null) }

    /** Writes all records with their pages into a file, and hands it to another app. */
    fun shareEvidence(): Job = demo.act { satchel ->
        val file = File(demo.lent, "blocks.json").apply { parentFile?.mkdirs() }
        satchel.exportBlocks(file)
        demo.errands.shareFile(file, "application/json")
    }

    /** Begins a budget, or the change of one. */
    fun editBudget(budget: Budget? = null): Unit = state.update { old ->
        old.copy(
            draft =
                budget?.let(::draftOf) ?: BudgetDraft(freeName(old)),
        )
    }

    private fun freeName(ui: LinkUi): String = if (ui.budgets.none { it.budget.name == "mobile" }) "mobile" else ""

    /** What is typed of it. */
    fun type(draft: BudgetDraft): Unit = state.update { it.copy(draft = draft.copy(problem = null)) }

    /** Ends the typing. */
    fun closeBudget(): Unit = state.update { it.copy(draft = null) }

    /** Keeps the budget as it was typed. */
    fun saveBudget(): Job = demo.scope.launch {
        val draft = state.value.draft ?: return@launch
        val bytes = draft.megabytes.trim().replace(',', '.').toDoubleOrNull()?.times(1e6)?.toLong()
        val days = if (draft.daily) 1 else draft.days.trim().toIntOrNull() ?: 0
        when {
            draft.name.isBlank() -> {
                problem("Give it a name, such as “mobile” or “Japan”.")
            }

            bytes == null || bytes < 1 -> {
                problem("Say how many megabytes, such as 50.")
            }

            days !in 1..365 -> {
                problem("Say how many days the trip lasts, 1 to 365.")
            }

            else -> {
                try {
                    keep(demo.phone.satchel(), draft, bytes, days)
                } catch (failure: SatchelException) {
                    problem(sentence(failure.message.orEmpty()))
                }
            }
        }
    }

    private suspend fun keep(satchel: Satchel, draft: BudgetDraft, bytes: Long, days: Int) {
        val now = demo.clock.now()
        val until = Instant.fromEpochMilliseconds(now.toEpochMilliseconds() + days * DAY)
        val old = draft.old?.let { name -> satchel.budgets().firstOrNull { it.budget.name == name }?.budget }
        val period =
            when {
                draft.daily -> Period.Day
                old?.period is Period.Trip && draftOf(old).days == draft.days.trim() -> old.period
                else -> Period.Trip(now, until)
            }
        val covers = old?.covers as? Covers.Network ?: Covers.Class(draft.covers)
        satchel.setBudget(Budget(draft.name.trim(), covers, bytes, period))
        if (old != null && old.name != draft.name.trim()) satchel.removeBudget(old.name)
        closeBudget()
        load(satchel)
        demo.outbox.all()
        demo.stir()
        demo.phone.reschedule()
    }

    private fun problem(words: String) = state.update { it.copy(draft = it.draft?.copy(problem = words)) }

    /** Forgets a budget. */
    fun removeBudget(name: String): Job = demo.allow { satchel ->
        satchel.removeBudget(name)
        closeBudget()
        load(satchel)
        demo.outbox.all()
    }

    private fun draftOf(budget: Budget): BudgetDraft {
        val trip = budget.period as? Period.Trip
        return BudgetDraft(
            name = budget.name,
            covers = (budget.covers as? Covers.Class)?.linkClass ?: LinkClass.Metered,
            megabytes = "%.2f".format(java.util.Locale.ROOT, budget.bytes / 1e6).trimEnd('0').trimEnd('.'),
            daily = trip == null,
            days = trip?.let { ((it.to - it.from).inWholeDays).coerceAtLeast(1).toString() } ?: "14",
            old = budget.name,
        )
    }

    private companion object {
        const val CAPTIVE = "The network wants you to sign in first. Until then, nothing goes."
        const val DAY = 24L * 60 * 60 * 1_000
        val PAUSE = 250.milliseconds
    }
}

/** The ledger by days up to today, oldest first, with those on which nothing went, from the first one on; at most [most] of them. */
fun ledgerDays(rows: List<LedgerRow>, today: LocalDate, most: Int = 14): List<LedgerDay> {
    val byDay = rows.groupBy { it.day }
    val last = maxOf(today.toEpochDay(), byDay.keys.maxOrNull() ?: Long.MIN_VALUE)
    val first = byDay.keys.filter { it > last - most }.minOrNull() ?: return emptyList()
    return (first..last).map { day ->
        val those = byDay[day].orEmpty()
        LedgerDay(
            day = LocalDate.ofEpochDay(day),
            bytes =
                those.groupBy { classNamed(it.link) }.mapValues { (_, some) -> some.sumOf { it.sent + it.received } }.filterValues {
                    it >
                        0
                },
            wasted = those.sumOf { it.wasted }.coerceAtLeast(0),
        )
    }
}

/** A day of the ledger, for whoever does not see the chart. */
fun ledgerWords(day: LedgerDay, today: LocalDate): String {
    val parts = day.bytes.entries.sortedBy { it.key }.joinToString(", ") { (kind, bytes) -> "${kind.words.lowercase()} ${amount(bytes)}" }
    return "${dayWords(day.day, today)}: ${parts.ifEmpty { "nothing" }}"
}
