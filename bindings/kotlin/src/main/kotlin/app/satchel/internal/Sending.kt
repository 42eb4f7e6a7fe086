/*
 * Runs, targets and changes.
 */
package app.satchel.internal

import app.satchel.AssetId
import app.satchel.Attempt
import app.satchel.Change
import app.satchel.CheckReport
import app.satchel.LedgerRow
import app.satchel.LinkNeed
import app.satchel.Rest
import app.satchel.RunOptions
import app.satchel.RunReport
import app.satchel.Target
import app.satchel.TargetId
import app.satchel.Wake
import kotlin.time.Instant
import app.satchel.internal.ffi.Attempt as RawAttempt
import app.satchel.internal.ffi.Change as RawChange
import app.satchel.internal.ffi.CheckReport as RawCheckReport
import app.satchel.internal.ffi.LedgerRow as RawLedgerRow
import app.satchel.internal.ffi.LinkNeed as RawLinkNeed
import app.satchel.internal.ffi.RunOptions as RawRunOptions
import app.satchel.internal.ffi.RunReport as RawRunReport
import app.satchel.internal.ffi.Target as RawTarget
import app.satchel.internal.ffi.Wake as RawWake

internal fun RunOptions.toRaw(): RawRunOptions =
    RawRunOptions(deadline?.let(::milliseconds), milliseconds(linger), targets?.map { it.value })

internal fun RawRunReport.toApi(): RunReport = RunReport(counts.toApi(), wake.toApi(), stopped)

internal fun RawWake.toApi(): Wake = Wake(atUtcMs?.let(::instant), needs?.toApi(), charging, sooner?.toApi(), bytes.toLong())

private fun RawLinkNeed.toApi(): LinkNeed = when (this) {
    RawLinkNeed.ANY -> LinkNeed.Any
    RawLinkNeed.NOT_ROAMING -> LinkNeed.NotRoaming
    RawLinkNeed.NOT_CELLULAR -> LinkNeed.NotCellular
    RawLinkNeed.UNMETERED -> LinkNeed.Unmetered
}

internal fun RawTarget.toApi(): Target {
    val until = restsUntilUtcMs
    val why = trouble
    return Target(
        TargetId(id),
        url,
        receiver,
        redact.toApi(),
        if (until != null && why != null) Rest(instant(until), why.toApi()) else null,
    )
}

internal fun RawLedgerRow.toApi(): LedgerRow =
    LedgerRow(day, link, TargetId(target), sent.toLong(), acknowledged.toLong(), wasted, received.toLong())

internal fun RawAttempt.toApi(): Attempt = Attempt(
    TargetId(target),
    rendition.toApi(),
    Instant.fromEpochMilliseconds(startedUtcMs),
    Instant.fromEpochMilliseconds(endedUtcMs),
    method,
    status?.toInt(),
    sent.toLong(),
    words,
)

internal fun RawCheckReport.toApi(): CheckReport = CheckReport(confirmed.toLong(), missing.toLong(), unknown.toLong())

internal fun RawChange.toApi(): Change = when (this) {
    is RawChange.Assets -> {
        Change.Assets
    }

    is RawChange.Read -> {
        Change.Read(AssetId(asset))
    }

    is RawChange.Progress -> {
        Change.Progress(AssetId(asset), rendition.toApi(), TargetId(target), sent.toLong(), bytes.toLong())
    }

    is RawChange.Delivered -> {
        Change.Delivered(asset?.let(::AssetId), rendition.toApi(), TargetId(target), proof.toApi())
    }

    is RawChange.Parked -> {
        Change.Parked(asset?.let(::AssetId), reason.toApi())
    }

    is RawChange.Trouble -> {
        Change.Trouble(TargetId(target), trouble.toApi())
    }

    is RawChange.Endpoints -> {
        Change.Endpoints(TargetId(target))
    }

    is RawChange.Idle -> {
        Change.Idle(wake.toApi())
    }

    is RawChange.Other -> {
        Change.Other(code)
    }
}
