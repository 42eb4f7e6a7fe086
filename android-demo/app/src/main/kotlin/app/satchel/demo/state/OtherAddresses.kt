/*
 * The other addresses of a server while a person changes them, and the neutral address beside which a block is told from a network
 * that leads nowhere. What is typed is judged by the core.
 */
package app.satchel.demo.state

import app.satchel.Endpoint
import app.satchel.Endpoints
import app.satchel.Satchel
import app.satchel.SatchelException
import app.satchel.TargetId
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** What stands over them. */
const val OTHER_ADDRESSES: String = "Other addresses"

/** Adds one. */
const val ADD_ADDRESS: String = "Add an address"

/** All of them lead to the same uploads. */
const val SHARED_STORE: String = "One storage behind all of them"

/** What that means. */
const val SHARED_STORE_MEANING: String = "An upload begun at one goes on at another"

/** The neutral address. */
const val NEUTRAL: String = "Neutral address"

/** What it is for. */
const val NEUTRAL_MEANING: String =
    "A site that nobody has a reason to block. It is asked when a server does not answer: it tells a block from a network that leads nowhere."

/** What can be typed of an endpoint. */
enum class EndpointField { Address, Key, IpAddresses }

/** What is wrong with what was typed in a field, with what to do. */
data class EndpointProblem(val field: EndpointField, val words: String)

/**
 * An endpoint while it is being typed.
 *
 * @property place its place among the further ones; null for a new one, [FIRST] for the first, of which only the IP addresses change.
 * @property address `http://…` or `https://…`.
 * @property key the certificate's key, as a pairing code holds it; empty where the trusted roots vouch for it.
 * @property ips IP addresses, with blanks or commas between them.
 */
data class EndpointDraft(
    val target: TargetId,
    val place: Int? = null,
    val address: String = "",
    val key: String = "",
    val ips: String = "",
    val problem: EndpointProblem? = null,
) {
    companion object {
        /** The place of the endpoint that the target was set up with. */
        const val FIRST: Int = -1
    }
}

/**
 * What the screen shows of them.
 *
 * @property draft the endpoint that is being typed; null where none is.
 * @property neutral the neutral address, as typed.
 * @property neutralKept as the outbox has it.
 * @property neutralProblem what is wrong with what was typed.
 */
data class AddressesUi(
    val draft: EndpointDraft? = null,
    val neutral: String = "",
    val neutralKept: String = "",
    val neutralProblem: String? = null,
)

/** @param load reads the screen's targets again. */
class OtherAddresses internal constructor(private val demo: DemoState, private val load: suspend (Satchel) -> Unit) {
    private val state = MutableStateFlow(AddressesUi())

    /** What the screen shows. */
    val ui: StateFlow<AddressesUi> = state.asStateFlow()

    /** The neutral address is read; what a person is typing stays. */
    internal fun read(satchel: Satchel) {
        val kept = satchel.neutral().orEmpty()
        state.update { old -> old.copy(neutralKept = kept, neutral = if (old.neutral == old.neutralKept) kept else old.neutral) }
    }

    /** Begins an endpoint, or the change of the one at [place]. */
    fun edit(target: TargetId, place: Int? = null): Job = demo.act { satchel ->
        val set = satchel.endpointsSet(target)
        val draft =
            when (place) {
                null -> {
                    EndpointDraft(target)
                }

                EndpointDraft.FIRST -> {
                    EndpointDraft(target, place, ips = set.addresses.joinToString("\n"))
                }

                else -> {
                    set.further.getOrNull(place)?.let {
                        EndpointDraft(target, place, it.url, it.pin.orEmpty(), it.addresses.joinToString("\n"))
                    }
                }
            }
        state.update { it.copy(draft = draft) }
    }

    /** What is typed of it. */
    fun type(draft: EndpointDraft): Unit = state.update { it.copy(draft = draft.copy(problem = null)) }

    /** Ends the typing. */
    fun close(): Unit = state.update { it.copy(draft = null) }

    /** Keeps it as it was typed. */
    fun save(): Job = demo.scope.launch {
        val draft = state.value.draft ?: return@launch
        if (draft.place != EndpointDraft.FIRST && draft.address.isBlank()) {
            return@launch problem(EndpointField.Address, "Say where else the server is. The address begins with https://")
        }
        try {
            val satchel = demo.phone.satchel()
            satchel.setEndpoints(draft.target, satchel.endpointsSet(draft.target).with(draft))
            close()
            changed(satchel)
        } catch (failure: SatchelException) {
            val words = failure.message.orEmpty()
            problem(fieldOf(words), said(words, listOf(draft.address.trim()) + ipsOf(draft)))
        }
    }

    private fun problem(field: EndpointField, words: String) =
        state.update { it.copy(draft = it.draft?.copy(problem = EndpointProblem(field, words))) }

    /** Takes one away; the first one stays. */
    fun remove(target: TargetId, place: Int): Job = demo.act { satchel ->
        val set = satchel.endpointsSet(target)
        satchel.setEndpoints(target, set.copy(further = set.further.filterIndexed { at, _ -> at != place }))
        close()
        changed(satchel)
    }

    /** Says whether all of them lead to the same uploads. */
    fun shareStore(target: TargetId, shared: Boolean): Job = demo.act { satchel ->
        satchel.setEndpoints(target, satchel.endpointsSet(target).copy(sharedStore = shared))
        changed(satchel)
    }

    /** The neutral address as it is being typed. */
    fun typeNeutral(url: String): Unit = state.update { it.copy(neutral = url, neutralProblem = null) }

    /** Keeps the neutral address as it was typed; an empty one is none. */
    fun saveNeutral(): Job = demo.scope.launch {
        try {
            val satchel = demo.phone.satchel()
            satchel.setNeutral(state.value.neutral.trim().ifEmpty { null })
            val kept = satchel.neutral().orEmpty()
            state.update { it.copy(neutral = kept, neutralKept = kept, neutralProblem = null) }
            demo.stir()
        } catch (failure: SatchelException) {
            state.update { it.copy(neutralProblem = said(failure.message.orEmpty(), listOf(it.neutral.trim()))) }
        }
    }

    /** Another way may be open now. */
    private suspend fun changed(satchel: Satchel) {
        load(satchel)
        demo.stir()
        demo.phone.reschedule()
    }
}

/** The core's words as a sentence; what was [typed] stays as it was typed. */
private fun said(words: String, typed: List<String>): String = if (typed.any { words.startsWith("$it ") }) words else sentence(words)

private fun ipsOf(draft: EndpointDraft): List<String> = draft.ips.split(' ', ',', ';', '\n', '\t').filter { it.isNotEmpty() }

private fun Endpoints.with(draft: EndpointDraft): Endpoints {
    val ips = ipsOf(draft)
    val typed = Endpoint(draft.address.trim(), draft.key.trim().ifEmpty { null }, ips)
    return when (val place = draft.place) {
        null -> copy(further = further + typed)
        EndpointDraft.FIRST -> copy(addresses = ips)
        else -> copy(further = further.mapIndexed { at, old -> if (at == place) typed else old })
    }
}

/** The field that the core's words are about: it names none, and says so of each in its own way. */
private fun fieldOf(words: String): EndpointField = when {
    "IP address" in words -> EndpointField.IpAddresses
    "key pin" in words -> EndpointField.Key
    else -> EndpointField.Address
}
