/*
 * Errors from the library's to the API's, and from the app's own code through the library and back.
 */
package app.satchel.internal

import app.satchel.AssetId
import app.satchel.PairingFault
import app.satchel.SatchelException
import java.nio.charset.CharacterCodingException
import app.satchel.internal.ffi.InternalException as RawInternalException
import app.satchel.internal.ffi.SatchelException as RawException

/** Calls the library, and gives its errors the API's types. */
internal inline fun <T> crossing(call: () -> T): T = try {
    call()
} catch (failure: Exception) {
    throw translated(failure)
}

/** As the API throws it; what is none of the library's stays as it is. */
internal fun translated(failure: Exception): Exception = when (failure) {
    is RawException -> {
        failure.toApi()
    }

    // A panic of Rust, caught at the boundary.
    is RawInternalException -> {
        SatchelException.Internal("a part of Satchel panicked; what it was doing goes on next time", failure)
    }

    // What the generated code throws when a text does not fit into UTF-8.
    is CharacterCodingException -> {
        SatchelException.Invalid("a text holds half of a character (a lone surrogate); give the whole text")
    }

    else -> {
        failure
    }
}

private fun RawException.toApi(): SatchelException = when (this) {
    is RawException.AlreadyRunning -> SatchelException.AlreadyRunning(words)
    is RawException.NewerVersion -> SatchelException.NewerVersion(words)
    is RawException.Damaged -> SatchelException.Damaged(words)
    is RawException.StorageFull -> SatchelException.StorageFull(words)
    is RawException.Storage -> SatchelException.Storage(words)
    is RawException.NoSuchAsset -> SatchelException.NoSuchAsset(AssetId(id), words)
    is RawException.Source -> SatchelException.Source(sourceFault(code), words)
    is RawException.Invalid -> SatchelException.Invalid(words, field)
    is RawException.Pairing -> SatchelException.Pairing(pairingFault(code), words)
    is RawException.Closed -> SatchelException.Closed(words)
    is RawException.Host -> HostFailures.told(words)
    is RawException.Internal -> SatchelException.Internal(words)
    is RawException.Other -> SatchelException.Other(code, words)
}

/** A fault by its code; the library's side of it is in `bindings/ffi/src/error.rs`. */
private fun pairingFault(code: String): PairingFault = when (code) {
    "bad_code" -> PairingFault.BadCode
    "bad_name" -> PairingFault.BadName
    "code_refused" -> PairingFault.CodeRefused
    "too_many_tries" -> PairingFault.TooManyTries
    "refused" -> PairingFault.Refused
    "other_key" -> PairingFault.OtherKey
    "unreachable" -> PairingFault.Unreachable
    "answer_lost" -> PairingFault.AnswerLost
    "not_a_receiver" -> PairingFault.NotAReceiver
    else -> PairingFault.Other(code)
}

/**
 * What the app's own code threw, while its ticket goes through the library: only text can cross. Nobody may ask for it any more,
 * for example when the call that caused it was cancelled, so only the last few are kept.
 */
internal object HostFailures {
    private const val KEPT = 16
    private const val TICKET = "satchel-host-failure-"

    private val kept =
        object : LinkedHashMap<String, Throwable>() {
            override fun removeEldestEntry(eldest: MutableMap.MutableEntry<String, Throwable>?) = size > KEPT
        }
    private var last = 0L

    /** Takes what was thrown; what to throw into the library instead. */
    @Synchronized
    fun take(thrown: Throwable): RawException {
        last += 1
        val ticket = TICKET + last
        kept[ticket] = thrown
        return RawException.Host(ticket)
    }

    /** The error for the app, with what its own code threw as the cause. */
    @Synchronized
    fun told(words: String): SatchelException.Host {
        val thrown = kept.remove(words)
        val what = thrown?.let { "${it::class.java.simpleName} (see the cause)" }
        return SatchelException.Host(
            "the app's own code failed: ${what ?: words.takeUnless { it.startsWith(TICKET) } ?: "cause unknown"}",
            thrown,
        )
    }
}
