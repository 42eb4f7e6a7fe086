/*
 * The Settings screen: where photos go, as whom, by which rules, and from which albums.
 */
package app.satchel.demo.state

import app.satchel.Change
import app.satchel.Order
import app.satchel.Policy
import app.satchel.Redaction
import app.satchel.Satchel
import app.satchel.SatchelException
import app.satchel.Target
import app.satchel.TargetId
import app.satchel.WaitReason
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
import kotlin.time.Duration.Companion.milliseconds

/**
 * A target, as the screen shows it.
 *
 * @property host its host, as a person knows it.
 * @property rest why it is left alone for a while; null where it is not.
 * @property endpoints its addresses, the one that it was set up with first.
 * @property sharedStore all of these lead to the same uploads.
 */
data class TargetUi(
    val id: TargetId,
    val host: String,
    val receiver: Boolean,
    val redact: Redaction,
    val rest: String?,
    val endpoints: List<EndpointUi> = emptyList(),
    val sharedStore: Boolean = false,
)

/**
 * An address of a target.
 *
 * @property host its host, as a person knows it.
 * @property more how its certificate is known, and its IP addresses.
 * @property place as [EndpointDraft.place].
 */
data class EndpointUi(val host: String, val more: String, val place: Int)

/**
 * A ready-made policy.
 *
 * @property name as the core calls it.
 */
data class PolicyChoice(val name: String, val chosen: Boolean)

/**
 * The pairing.
 *
 * @property code as typed or scanned.
 * @property busy the receiver is being asked.
 * @property problem why it did not work, with what to do; null where nothing went wrong.
 */
data class PairingUi(val code: String = "", val busy: Boolean = false, val problem: String? = null)

/**
 * What the screen shows.
 *
 * @property contributor the name that the photos are shown under at a new server; of this phone where it is empty.
 * @property ownRules the rules are none of the ready-made ones.
 */
data class SettingsUi(
    val targets: List<TargetUi> = emptyList(),
    val pairing: PairingUi = PairingUi(),
    val contributor: String = "",
    val policies: List<PolicyChoice> = emptyList(),
    val ownRules: Boolean = false,
    val order: Order = Order.Newest,
    val access: GalleryAccess = GalleryAccess.None,
    val watching: Boolean = false,
    val albums: List<Album> = emptyList(),
    val albumsNote: String? = null,
)

class SettingsScreenState internal constructor(private val demo: DemoState) {
    private val loading = Mutex()
    private val state = MutableStateFlow(SettingsUi(contributor = demo.memory.get(CONTRIBUTOR).orEmpty()))
    private val work = Channel<Unit>(Channel.CONFLATED)

    /** What the screen shows. */
    val ui: StateFlow<SettingsUi> = state.asStateFlow()

    /** The other addresses of the targets, and the neutral one. */
    val addresses: OtherAddresses = OtherAddresses(demo, ::load)

    internal suspend fun follow(satchel: Satchel): Unit = coroutineScope {
        launch(start = CoroutineStart.UNDISPATCHED) {
            satchel.changes.collect { if (concerns(it)) work.trySend(Unit) }
        }
        launch { demo.gallery.access.collect { work.trySend(Unit) } }
        launch { demo.gallery.watching.collect { work.trySend(Unit) } }
        demo.lookAgain(work, PAUSE) { load(satchel) }
    }

    private fun concerns(change: Change): Boolean =
        change is Change.Trouble || change is Change.Delivered || change is Change.Idle || change is Change.Endpoints

    /** One after the other, so that what was read first is not shown last. */
    private suspend fun load(satchel: Satchel) = loading.withLock { read(satchel) }

    private suspend fun read(satchel: Satchel) {
        val targets = satchel.targets().map { targetOf(satchel, it) }
        val policy = satchel.policy()
        val policies = Policy.readyNames.map { name -> PolicyChoice(name, Policy.ready(name)?.rules == policy.rules) }
        val albums = demo.gallery.albums()
        addresses.read(satchel)
        state.update {
            it.copy(
                targets = targets,
                policies = policies,
                ownRules = policies.none { one -> one.chosen },
                order = policy.order,
                access = demo.gallery.access.value,
                watching = demo.gallery.watching.value,
                albums = albums,
                albumsNote = demo.gallery.albumsNote,
            )
        }
    }

    private suspend fun targetOf(satchel: Satchel, target: Target): TargetUi {
        val rest =
            target.rest?.let { rest ->
                val until = "Tried again ${clockWords(rest.until, demo.zone(), demo.today())}, or when you tap Try now."
                listOfNotNull(troubleWords(satchel), until).joinToString(" ")
            }
        val set = satchel.endpointsSet(target.id)
        val first = EndpointUi(hostOf(target), endpointWords("The one that it was set up with", set.addresses), EndpointDraft.FIRST)
        val further =
            set.further.mapIndexed { place, one ->
                val known = if (one.pin == null) "Known by the trusted authorities" else "Known by its key"
                EndpointUi(hostOf(one.url), endpointWords(known, one.addresses), place)
            }
        return TargetUi(target.id, hostOf(target), target.receiver, target.redact, rest, listOf(first) + further, set.sharedStore)
    }

    private fun endpointWords(known: String, ips: List<String>): String =
        if (ips.isEmpty()) known else "$known. Also at ${ips.joinToString(", ")}"

    /** The core's words for a target's trouble stand with what waits for it. */
    private suspend fun troubleWords(satchel: Satchel): String? = satchel
        .list(limit = SOME)
        .mapNotNull { it.state as? app.satchel.AssetState.Waiting }
        .firstOrNull { it.reason is WaitReason.TargetRests }
        ?.let { sentence(it.words) + "." }

    /** The code as it is being typed. */
    fun typeCode(code: String): Unit = state.update { it.copy(pairing = PairingUi(code)) }

    /** Begins to scan a code. */
    fun scan(): Unit = demo.errands.scanCode()

    /**
     * A link brought a code. Any page can have such a link, so it is only shown: a person says whether to pair.
     */
    fun linked(code: String) {
        demo.go(Tab.Settings)
        typeCode(code)
        demo.say("Is this your receiver’s code? Then tap Pair.")
    }

    /** The camera read a code; null where a picture had none. */
    fun scanned(code: String?) {
        if (code == null) {
            val words = "There is no code in that picture. Hold the phone so that the whole code is in it, or type the code."
            state.update { it.copy(pairing = it.pairing.copy(problem = words)) }
        } else {
            demo.go(Tab.Settings)
            typeCode(code)
            pair()
        }
    }

    /** The name that the photos are shown under. */
    fun typeContributor(name: String) {
        demo.memory.put(CONTRIBUTOR, name.ifBlank { null })
        state.update { it.copy(contributor = name) }
    }

    /** Pairs by the code that was typed. */
    fun pair(): Job = demo.scope.launch {
        val now = state.value
        if (now.pairing.busy) return@launch
        val code = now.pairing.code.trim()
        if (code.isEmpty()) {
            pairing(PairingUi(problem = "Type or scan the code that the receiver shows. It begins with satchel://"))
            return@launch
        }
        pairing(PairingUi(code, busy = true))
        try {
            val satchel = demo.phone.satchel()
            val device = demo.memory.get(DEVICE) ?: "Android phone"
            val target = satchel.pair(code, device, now.contributor.trim().ifEmpty { null })
            pairing(PairingUi())
            load(satchel)
            demo.say("Paired with ${hostOf(target)}.")
            demo.outbox.all()
            demo.stir()
        } catch (failure: SatchelException) {
            pairing(PairingUi(code, problem = sentence(failure.message.orEmpty())))
        }
    }

    private fun pairing(pairing: PairingUi) = state.update { it.copy(pairing = pairing) }

    /** Chooses a ready-made policy; the order stays. */
    fun choosePolicy(name: String): Job = demo.allow { satchel ->
        val ready = Policy.ready(name) ?: return@allow
        val old = satchel.policy()
        satchel.keepPolicy(ready.copy(order = old.order, uploadsAtOnce = old.uploadsAtOnce))
        load(satchel)
        demo.outbox.all()
    }

    /** Chooses what goes first. */
    fun chooseOrder(order: Order): Job = demo.allow { satchel ->
        satchel.keepPolicy(satchel.policy().copy(order = order))
        load(satchel)
    }

    /** Chooses what is hidden from a target. */
    fun redact(target: TargetId, redact: Redaction): Job = demo.act { satchel ->
        satchel.setRedaction(target, redact)
        load(satchel)
        demo.outbox.all()
    }

    /** Asks each target now, whatever rests. */
    fun tryNow(): Job = demo.allow { satchel ->
        satchel.tryNow()
        load(satchel)
    }

    /** Turns the camera roll on or off. */
    fun watch(on: Boolean): Job = demo.act { satchel ->
        if (on && demo.gallery.access.value == GalleryAccess.None) {
            demo.errands.askForPhotos()
        } else {
            demo.gallery.watch(on)
            if (on) demo.gallery.scan()
            load(satchel)
            demo.outbox.all()
        }
    }

    /** The system's question for the camera roll was answered. */
    fun photosAnswered(): Job = demo.act { satchel ->
        if (demo.gallery.access.value == GalleryAccess.None) {
            demo.say("Satchel may not see your photos. Allow it in the phone’s settings, or add photos by hand.")
        } else {
            demo.gallery.watch(true)
            demo.gallery.scan()
            demo.outbox.all()
        }
        load(satchel)
    }

    /** Whether an album is watched. */
    fun watchAlbum(name: String, on: Boolean): Job = demo.act { satchel ->
        demo.gallery.watchAlbum(name, on)
        if (on && demo.gallery.watching.value) demo.gallery.scan()
        load(satchel)
        demo.outbox.all()
    }

    companion object {
        /** Where the contributor's name is kept. */
        const val CONTRIBUTOR: String = "contributor"

        /** Where the phone's own name is kept. */
        const val DEVICE: String = "device"
        private const val SOME = 50
        private val PAUSE = 250.milliseconds
    }
}
