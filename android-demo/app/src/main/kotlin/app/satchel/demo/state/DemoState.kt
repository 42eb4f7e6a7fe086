/*
 * The state over all screens: the one outbox, what is pretended, what is to be said, and the runs while the app is on the screen.
 */
package app.satchel.demo.state

import app.satchel.AssetId
import app.satchel.Change
import app.satchel.Satchel
import app.satchel.SatchelException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.io.File
import java.time.LocalDate
import java.time.ZoneId
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** How far the outbox is opened. */
sealed interface Opening {
    /** It is being opened. */
    data object UnderWay : Opening

    /** It is open. */
    data object Open : Opening

    /** It could not be opened. */
    data class Failed(val words: String) : Opening
}

/** The screens of the bottom bar. */
enum class Tab(val words: String) {
    Outbox("Outbox"),
    Link("Link"),
    Settings("Settings"),
    Tester("Tester"),
}

/**
 * Everything that the screens show, and everything that they can ask for. Made once for a process; [scope] ends it.
 *
 * @property folder where samples are drawn; the app's own.
 * @property lent where files are written that are handed to other apps.
 */
class DemoState(
    val phone: Phone,
    val gallery: Gallery,
    val memory: Memory,
    val errands: Errands,
    val folder: File,
    val scope: CoroutineScope,
    val clock: Clock = Clock.System,
    val zone: () -> ZoneId = { ZoneId.systemDefault() },
    val lent: File = File(folder, "lent"),
) {
    private val openingState = MutableStateFlow<Opening>(Opening.UnderWay)
    private val pretenceState = MutableStateFlow<Pretence?>(null)
    private val saidState = MutableStateFlow<String?>(null)
    private val tabState = MutableStateFlow(Tab.Outbox)
    private val shownState = MutableStateFlow<AssetScreenState?>(null)
    private val moved = Channel<Unit>(Channel.CONFLATED)
    private var following: Job? = null
    private var running: Job? = null

    /** How far the outbox is opened. */
    val opening: StateFlow<Opening> = openingState.asStateFlow()

    /** What is pretended; shown on every screen. */
    val pretence: StateFlow<Pretence?> = pretenceState.asStateFlow()

    /** A sentence to be shown once; [heard] takes it away. */
    val said: StateFlow<String?> = saidState.asStateFlow()

    /** The screen of the bottom bar that is shown. */
    val tab: StateFlow<Tab> = tabState.asStateFlow()

    /** The asset that is shown over it; null for none. */
    val shown: StateFlow<AssetScreenState?> = shownState.asStateFlow()

    val outbox: OutboxScreenState = OutboxScreenState(this)
    val link: LinkScreenState = LinkScreenState(this)
    val settings: SettingsScreenState = SettingsScreenState(this)
    val tester: TesterScreenState = TesterScreenState(this)

    /** Opens the outbox, if it is not open, and follows it. */
    fun open() {
        if (following?.isActive == true) return
        openingState.value = Opening.UnderWay
        following =
            scope.launch {
                val satchel =
                    try {
                        phone.satchel()
                    } catch (failure: SatchelException) {
                        openingState.value = Opening.Failed(sentence(failure.message.orEmpty()))
                        return@launch
                    }
                openingState.value = Opening.Open
                coroutineScope {
                    launch { outbox.follow(satchel) }
                    launch { link.follow(satchel) }
                    launch { settings.follow(satchel) }
                    launch { satchel.changes.collect { if (it is Change.Assets) moved.trySend(Unit) } }
                    launch { satchel.link.collect { moved.trySend(Unit) } }
                }
            }
    }

    /** Shows a screen of the bottom bar. */
    fun go(to: Tab) {
        closeAsset()
        tabState.value = to
    }

    /** Shows an asset. */
    fun show(asset: AssetId) {
        closeAsset()
        shownState.value = AssetScreenState(this, asset)
    }

    /** Goes back from an asset. */
    fun closeAsset() {
        shownState.value?.end()
        shownState.value = null
    }

    /**
     * Whether the app is on the screen. While it is, the outbox runs here, without waiting for the system's jobs; when it goes, those
     * are set.
     */
    fun visible(on: Boolean) {
        val before = running
        running =
            scope.launch {
                // What runs is to be over before the jobs are asked for, or it stands in their way.
                before?.cancelAndJoin()
                if (on) runs() else attempt { phone.reschedule() }
            }
    }

    private suspend fun runs() {
        while (true) {
            val rest =
                try {
                    phone.run(RUN).at?.let { (it - clock.now()).coerceIn(1.seconds, RUN) } ?: RUN
                } catch (_: SatchelException) {
                    // Opening says what is wrong, and offers to try again.
                    RUN
                }
            withTimeoutOrNull(rest) { moved.receive() }
        }
    }

    /** Pretends something of the network, or nothing any more. */
    fun pretend(what: Pretence?): Job = act { satchel ->
        satchel.meet(what)
        phone.pretendLink(what?.link)
        pretenceState.value = what
        satchel.tryNow()
    }

    /** Shows a sentence. */
    fun say(words: String) {
        saidState.value = words
    }

    /** The sentence was shown. */
    fun heard() {
        saidState.value = null
    }

    /** Something may go now that could not before. */
    internal fun stir() {
        moved.trySend(Unit)
    }

    /** Does something with the outbox; what goes wrong is said. */
    fun act(what: suspend (Satchel) -> Unit): Job = scope.launch {
        attempt {
            what(phone.satchel())
            moved.trySend(Unit)
        }
    }

    /**
     * The same, for what changes when something may go: the end of a pause, rules, budgets, a word about a network. The system's jobs
     * are set by it, too.
     */
    internal fun allow(what: suspend (Satchel) -> Unit): Job = act {
        what(it)
        phone.reschedule()
    }

    /**
     * Looks whenever there is a reason to, and no sooner than a [pause] after the last time: changes come ten times a second, a screen
     * need not. Until the outbox is closed; what goes wrong is said.
     */
    internal suspend fun lookAgain(reasons: Channel<Unit>, pause: Duration, look: suspend () -> Unit) {
        for (reason in reasons) {
            try {
                look()
            } catch (_: SatchelException.Closed) {
                return
            } catch (failure: CancellationException) {
                throw failure
            } catch (failure: Exception) {
                say(failure)
            }
            delay(pause)
        }
    }

    private suspend fun attempt(what: suspend () -> Unit) {
        try {
            what()
        } catch (failure: CancellationException) {
            throw failure
        } catch (failure: Exception) {
            say(failure)
        }
    }

    /** Whatever it is: a disk that is full or a library of photos that is gone for now is no reason to end the app. */
    private fun say(failure: Exception) = say(sentence(failure.message ?: failure.toString()))

    /** Today, where the phone is. */
    fun today(): LocalDate = localDay(clock.now(), zone())

    private companion object {
        /** The longest run at a stretch. */
        val RUN: Duration = 10.minutes
    }
}
