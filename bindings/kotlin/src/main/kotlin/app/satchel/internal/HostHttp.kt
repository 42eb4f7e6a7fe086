/*
 * Steps for the app's own system, and what came of them.
 */
package app.satchel.internal

import app.satchel.AssetId
import app.satchel.Header
import app.satchel.HostBody
import app.satchel.HostCut
import app.satchel.HostLimits
import app.satchel.HostOutcome
import app.satchel.HostStep
import app.satchel.HostSteps
import app.satchel.Peer
import app.satchel.SatchelException
import app.satchel.Stage
import app.satchel.Taken
import app.satchel.TargetId
import java.io.File
import kotlin.time.Duration.Companion.milliseconds
import app.satchel.internal.ffi.Header as RawHeader
import app.satchel.internal.ffi.HostCut as RawHostCut
import app.satchel.internal.ffi.HostLimits as RawHostLimits
import app.satchel.internal.ffi.HostOutcome as RawHostOutcome
import app.satchel.internal.ffi.HostStep as RawHostStep
import app.satchel.internal.ffi.HostSteps as RawHostSteps
import app.satchel.internal.ffi.Peer as RawPeer
import app.satchel.internal.ffi.Stage as RawStage
import app.satchel.internal.ffi.Taken as RawTaken

internal fun HostLimits.toRaw(): RawHostLimits {
    if (mostSteps < 0 || mostBytesPerStep < 0 || (budgetLeft ?: 0) < 0) {
        throw SatchelException.Invalid("a host's limits cannot be below zero")
    }
    return RawHostLimits(mostSteps.toUInt(), mostBytesPerStep.toULong(), budgetLeft?.toULong())
}

internal fun RawHostSteps.toApi(): HostSteps = HostSteps(steps.map { it.toApi() }, wake.toApi())

internal fun RawHostStep.toApi(): HostStep = HostStep(
    lease = lease,
    upload = upload,
    epoch = epoch,
    asset = asset?.let(::AssetId),
    target = TargetId(target),
    method = method,
    url = url,
    headers = headers.map { Header(it.name, it.value) },
    body = body?.let { HostBody(File(it.path), it.length.toLong()) },
    stall = stallMs.toLong().milliseconds,
    reply = replyMs.toLong().milliseconds,
    unmeteredOnly = unmeteredOnly,
    notConstrained = notConstrained,
    noCellular = noCellular,
    notRoaming = notRoaming,
    notBefore = notBeforeUtcMs?.let(::instant),
    freshConnection = freshConnection,
    pin = pin,
)

internal fun HostOutcome.toRaw(): RawHostOutcome = when (this) {
    is HostOutcome.Reply -> {
        if (status !in 0..UShort.MAX_VALUE.toInt()) throw SatchelException.Invalid("$status is no HTTP status")
        RawHostOutcome.Reply(
            status.toUShort(),
            headers.map { RawHeader(it.name, it.value) },
            body,
            url,
            peer.toRaw(),
            sent?.coerceAtLeast(0)?.toULong(),
        )
    }

    is HostOutcome.Cut -> {
        RawHostOutcome.Cut(sent?.coerceAtLeast(0)?.toULong(), cut.toRaw())
    }
}

private fun Peer.toRaw(): RawPeer = when (this) {
    Peer.Unknown -> RawPeer.UNKNOWN
    Peer.Pin -> RawPeer.PIN
    Peer.Root -> RawPeer.ROOT
}

private fun HostCut.toRaw(): RawHostCut = when (this) {
    HostCut.NoAddress -> RawHostCut.NO_ADDRESS
    HostCut.NoConnection -> RawHostCut.NO_CONNECTION
    HostCut.Certificate -> RawHostCut.CERTIFICATE
    HostCut.Handshake -> RawHostCut.HANDSHAKE
    HostCut.Reset -> RawHostCut.RESET
    HostCut.Stalled -> RawHostCut.STALLED
    HostCut.NoReply -> RawHostCut.NO_REPLY
    HostCut.Garbage -> RawHostCut.GARBAGE
    HostCut.Stopped -> RawHostCut.STOPPED
}

internal fun RawTaken.toApi(): Taken = when (this) {
    is RawTaken.Recorded -> Taken.Recorded(more)
    is RawTaken.Stale -> Taken.Stale
}

internal fun RawStage.toApi(): Stage = Stage(id, File(path))
