/*
 * The Asset screen: one asset, what is said of it, and each of its deliveries.
 */
package app.satchel.demo.state

import app.satchel.Asset
import app.satchel.AssetId
import app.satchel.AssetState
import app.satchel.Change
import app.satchel.Place
import app.satchel.PostEdit
import app.satchel.Satchel
import app.satchel.SatchelException
import app.satchel.Target
import app.satchel.WaitReason
import app.satchel.isSafeToFree
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/**
 * What a person may say of an asset, as it stands in the fields.
 *
 * @property tags as typed: words between commas or blanks, with or without `#`.
 * @property placeOn whether the post tells the place.
 * @property placeName the place as a person would say it.
 */
data class Draft(val caption: String = "", val tags: String = "", val placeOn: Boolean = false, val placeName: String = "")

/**
 * A delivery, as the screen shows it.
 *
 * @property words where it stands; the core's reason where it has one.
 * @property proof how well it is known to be there; null while it is not.
 * @property fraction how much of it the server has, 0 to 1; null where it is not under way.
 */
data class DeliveryUi(
    val target: String,
    val what: String,
    val standing: Standing,
    val words: String,
    val whenWords: String?,
    val bytes: Long,
    val fraction: Float?,
    val proof: String?,
    val receipt: Boolean,
    val redacted: Boolean,
)

/**
 * What the screen shows.
 *
 * @property gone it is not in the outbox any more.
 * @property attempts what was tried for it, the newest first.
 * @property showsAll whether all attempts are shown, not the latest only.
 * @property safeToFree whether the original may be deleted on the phone.
 * @property safeWords the same, said.
 */
data class AssetUi(
    val asset: Asset? = null,
    val gone: Boolean = false,
    val draft: Draft = Draft(),
    val changed: Boolean = false,
    val added: String = "",
    val deliveries: List<DeliveryUi> = emptyList(),
    val attempts: List<AttemptLine> = emptyList(),
    val showsAll: Boolean = false,
    val safeToFree: Boolean = false,
    val safeWords: String = "",
    val asksRemoval: Boolean = false,
) {
    /** The attempts that are shown. */
    val shownAttempts: List<AttemptLine> get() = if (showsAll) attempts else attempts.take(LATEST)

    /** What shows more of them, or less; null where the latest are all. */
    val attemptsToggle: String? get() =
        if (attempts.size <= LATEST) {
            null
        } else if (showsAll) {
            LATEST_TRIED
        } else {
            ALL_TRIED
        }
}

class AssetScreenState internal constructor(private val demo: DemoState, val id: AssetId) {
    private val loading = Mutex()
    private val state = MutableStateFlow(AssetUi())

    /** Where it was before the place was taken off, for when it is put on again. */
    private var placeBefore: Place? = null
    private val following: Job =
        demo.scope.launch {
            try {
                val satchel = demo.phone.satchel()
                coroutineScope {
                    val moved = Channel<Unit>(Channel.CONFLATED)
                    // It listens before the first look, so that nothing that comes in between is missed.
                    launch(start = CoroutineStart.UNDISPATCHED) {
                        satchel.changes.filter(::concerns).collect { moved.trySend(Unit) }
                        moved.close()
                    }
                    load(satchel)
                    for (change in moved) load(satchel)
                }
            } catch (failure: SatchelException) {
                demo.say(sentence(failure.message.orEmpty()))
            }
        }

    /** What the screen shows. */
    val ui: StateFlow<AssetUi> = state.asStateFlow()

    /** The screen is closed. */
    internal fun end(): Unit = following.cancel()

    /** One after the other, so that what was read first is not shown last. */
    private suspend fun load(satchel: Satchel) = loading.withLock { read(satchel) }

    /** Whether a change may be about it. */
    private fun concerns(change: Change): Boolean = when (change) {
        is Change.Read -> change.asset == id

        is Change.Progress -> change.asset == id

        // Twins share deliveries, of which the first is named; the others tell of targets, or of everything.
        else -> true
    }

    private suspend fun read(satchel: Satchel) {
        val (asset, tried) =
            try {
                satchel.asset(id) to satchel.attempts(id)
            } catch (_: SatchelException.NoSuchAsset) {
                state.update { it.copy(gone = true) }
                return
            }
        val targets = satchel.targets().associateBy { it.id }
        asset.post.place?.takeIf(::isSomewhere)?.let { placeBefore = it }
        state.update { old ->
            old.copy(
                asset = asset,
                // What is being typed is not taken away by an upload's progress.
                draft = if (old.changed) old.draft else draftOf(asset),
                added = clockWords(asset.added, demo.zone(), demo.today()),
                deliveries = asset.deliveries.map { deliveryOf(it, targets[it.target]) },
                attempts = tried.map { attemptLine(it, targets[it.target], demo.zone(), demo.today()) },
                safeToFree = isSafe(asset),
                safeWords = safeWords(asset),
            )
        }
    }

    /** The fields were changed. */
    fun edit(draft: Draft): Unit = state.update { old ->
        old.copy(draft = draft, changed = old.asset?.let(::draftOf) != draft)
    }

    /** Keeps what is in the fields; the post goes with the next run. */
    fun save(): Job {
        val draft = state.value.draft
        return demo.act { satchel ->
            satchel.editPost(id, PostEdit(caption = draft.caption.trim(), tags = tagsOf(draft.tags), place = placeOf(draft)))
            state.update { it.copy(changed = false) }
            load(satchel)
        }
    }

    private fun placeOf(draft: Draft): Place {
        if (!draft.placeOn) return Place()
        val name = draft.placeName.trim().ifEmpty { null }
        return (placeBefore ?: Place()).copy(name = name)
    }

    /** Lets it go before all that is not urgent, or not any more. */
    fun setUrgent(urgent: Boolean): Job = demo.allow { satchel ->
        satchel.setUrgent(id, urgent)
        load(satchel)
    }

    /** Shows all that was tried, or the latest only. */
    fun showAll(all: Boolean): Unit = state.update { it.copy(showsAll = all) }

    /** Sets what needs a person going again. */
    fun retry(): Job = demo.act { satchel ->
        satchel.retry(id)
        load(satchel)
    }

    /** Tells what it would cost to send it now. */
    fun askPrice(): Job = demo.outbox.askPrice(setOf(id))

    /** Asks whether it is to be taken out. */
    fun askRemoval(ask: Boolean): Unit = state.update { it.copy(asksRemoval = ask) }

    /** Takes it out of the outbox; its file stays. */
    fun remove(): Job = demo.act { satchel ->
        satchel.remove(id)
        demo.closeAsset()
        demo.outbox.all()
        demo.say("Removed from the outbox. The original stays on the phone.")
    }

    /** Goes back. */
    fun close(): Unit = demo.closeAsset()
}

private fun isSomewhere(place: Place) = place.latitude != null || place.longitude != null || !place.name.isNullOrBlank()

private fun draftOf(asset: Asset): Draft {
    val place = asset.post.place?.takeIf(::isSomewhere)
    return Draft(
        caption = asset.post.caption.orEmpty(),
        tags = asset.post.tags.joinToString(", "),
        placeOn = place != null,
        placeName = place?.name.orEmpty(),
    )
}

/** Tags as they were typed. */
internal fun tagsOf(text: String): List<String> =
    text.split(',', ' ', '\n').map { it.trim().removePrefix("#") }.filter { it.isNotEmpty() }.distinct()

private fun isSafe(asset: Asset) = (asset.state as? AssetState.Delivered)?.proof?.isSafeToFree == true

private fun safeWords(asset: Asset): String = when (val state = asset.state) {
    is AssetState.Delivered -> {
        if (state.proof.isSafeToFree) {
            "Safe to free: ${state.proof.words}. The original may be deleted on the phone."
        } else {
            "Keep the original: ${state.proof.words}. That is not proof enough to delete it."
        }
    }

    else -> {
        "Keep the original: it is not there yet."
    }
}

private fun deliveryOf(delivery: app.satchel.Delivery, target: Target?): DeliveryUi {
    val state = delivery.state
    val sending = state is AssetState.Sending || (state is AssetState.Waiting && delivery.acknowledged > 0)
    return DeliveryUi(
        target = target?.let(::hostOf) ?: "server ${delivery.target}",
        what = delivery.rendition.words,
        standing = standingOf(state),
        words = wordsOf(state),
        whenWords =
            (state as? AssetState.Waiting)?.takeIf { it.reason !is WaitReason.Paused }?.whenWords?.ifBlank { null }?.let(
                ::sentence,
            ),
        bytes = delivery.bytes,
        fraction = if (sending && delivery.bytes > 0) delivery.acknowledged.toFloat() / delivery.bytes else null,
        proof = (state as? AssetState.Delivered)?.proof?.words?.let(::sentence),
        receipt = delivery.receipt,
        redacted = delivery.redacted,
    )
}

/** A target's host, as a person knows it. */
internal fun hostOf(target: Target): String = hostOf(target.url)
