/*
 * States and reasons from the library's to the API's. Each `when` is exhaustive, so what is new in the library is missed here.
 */
package app.satchel.internal

import app.satchel.AssetState
import app.satchel.Imposter
import app.satchel.ParkReason
import app.satchel.Proof
import app.satchel.Trouble
import app.satchel.WaitReason
import kotlin.time.Instant
import app.satchel.internal.ffi.AssetState as RawAssetState
import app.satchel.internal.ffi.Imposter as RawImposter
import app.satchel.internal.ffi.ParkReason as RawParkReason
import app.satchel.internal.ffi.Proof as RawProof
import app.satchel.internal.ffi.Trouble as RawTrouble
import app.satchel.internal.ffi.WaitReason as RawWaitReason

internal fun instant(utcMs: Long): Instant = Instant.fromEpochMilliseconds(utcMs)

internal fun RawAssetState.toApi(): AssetState = when (this) {
    is RawAssetState.Accepted -> AssetState.Accepted
    is RawAssetState.Hashing -> AssetState.Hashing
    is RawAssetState.Waiting -> AssetState.Waiting(reason.toApi(), words, goes.toApi(), whenWords)
    is RawAssetState.Sending -> AssetState.Sending
    is RawAssetState.Delivered -> AssetState.Delivered(proof.toApi())
    is RawAssetState.Parked -> AssetState.Parked(reason.toApi(), words)
    is RawAssetState.Removed -> AssetState.Removed
    is RawAssetState.Other -> AssetState.Other(code)
}

internal fun RawWaitReason.toApi(): WaitReason = when (this) {
    is RawWaitReason.Turn -> WaitReason.Turn
    is RawWaitReason.NoTarget -> WaitReason.NoTarget
    is RawWaitReason.NoLink -> WaitReason.NoLink
    is RawWaitReason.LinkCosts -> WaitReason.LinkCosts
    is RawWaitReason.LinkPriceUnknown -> WaitReason.LinkPriceUnknown
    is RawWaitReason.LinkNotAllowed -> WaitReason.LinkNotAllowed
    is RawWaitReason.SignIn -> WaitReason.SignIn
    is RawWaitReason.Roaming -> WaitReason.Roaming
    is RawWaitReason.RoamingUnknown -> WaitReason.RoamingUnknown
    is RawWaitReason.SavingData -> WaitReason.SavingData
    is RawWaitReason.NoBudget -> WaitReason.NoBudget
    is RawWaitReason.BudgetSpent -> WaitReason.BudgetSpent(budget, atUtcMs?.let(::instant))
    is RawWaitReason.BudgetTooSmall -> WaitReason.BudgetTooSmall(budget)
    is RawWaitReason.NotCharging -> WaitReason.NotCharging
    is RawWaitReason.OutsideHours -> WaitReason.OutsideHours(instant(atUtcMs))
    is RawWaitReason.TooLargeHere -> WaitReason.TooLargeHere(most.toLong())
    is RawWaitReason.Never -> WaitReason.Never
    is RawWaitReason.Paused -> WaitReason.Paused
    is RawWaitReason.Retry -> WaitReason.Retry(instant(atUtcMs), trouble.toApi())
    is RawWaitReason.TargetRests -> WaitReason.TargetRests(instant(atUtcMs), trouble.toApi())
    is RawWaitReason.SourceBusy -> WaitReason.SourceBusy
    is RawWaitReason.SourceAway -> WaitReason.SourceAway
    is RawWaitReason.InCloud -> WaitReason.InCloud
    is RawWaitReason.Other -> WaitReason.Other(code)
}

internal fun RawParkReason.toApi(): ParkReason = when (this) {
    is RawParkReason.SourceGone -> ParkReason.SourceGone
    is RawParkReason.SourceUnreadable -> ParkReason.SourceUnreadable
    is RawParkReason.SourceEmpty -> ParkReason.SourceEmpty
    is RawParkReason.SourceKeepsChanging -> ParkReason.SourceKeepsChanging
    is RawParkReason.FateUnknown -> ParkReason.FateUnknown
    is RawParkReason.HashMismatch -> ParkReason.HashMismatch
    is RawParkReason.TooLarge -> ParkReason.TooLarge
    is RawParkReason.Contradiction -> ParkReason.Contradiction
    is RawParkReason.ForeignLocation -> ParkReason.ForeignLocation
    is RawParkReason.Refused -> ParkReason.Refused(status.toInt())
    is RawParkReason.BadReceipt -> ParkReason.BadReceipt
    is RawParkReason.DeletedThere -> ParkReason.DeletedThere
    is RawParkReason.CannotRedact -> ParkReason.CannotRedact
    is RawParkReason.Other -> ParkReason.Other(code)
}

internal fun RawTrouble.toApi(): Trouble = when (this) {
    is RawTrouble.Unreachable -> Trouble.Unreachable
    is RawTrouble.Cut -> Trouble.Cut
    is RawTrouble.Imposter -> Trouble.Imposter(what.toApi())
    is RawTrouble.Blocked -> Trouble.Blocked(by.toApi())
    is RawTrouble.SignIn -> Trouble.SignIn
    is RawTrouble.NoLink -> Trouble.NoLink
    is RawTrouble.WrongClock -> Trouble.WrongClock
    is RawTrouble.Gateway -> Trouble.Gateway(status.toInt())
    is RawTrouble.Busy -> Trouble.Busy(status.toInt())
    is RawTrouble.Locked -> Trouble.Locked
    is RawTrouble.NeedsToken -> Trouble.NeedsToken
    is RawTrouble.Contradiction -> Trouble.Contradiction
    is RawTrouble.Refused -> Trouble.Refused(status.toInt())
    is RawTrouble.SourceAway -> Trouble.SourceAway
    is RawTrouble.InCloud -> Trouble.InCloud
    is RawTrouble.StorageFull -> Trouble.StorageFull
    is RawTrouble.Other -> Trouble.Other(code)
}

internal fun RawImposter.toApi(): Imposter = when (this) {
    RawImposter.PAGE -> Imposter.Page
    RawImposter.REDIRECT -> Imposter.Redirect
    RawImposter.CERTIFICATE -> Imposter.Certificate
    RawImposter.GARBAGE -> Imposter.Garbage
    RawImposter.UNMARKED -> Imposter.Unmarked
}

internal fun RawProof.toApi(): Proof = when (this) {
    RawProof.UNPROVEN -> Proof.Unproven
    RawProof.SIZE -> Proof.Size
    RawProof.CHECKSUM -> Proof.Checksum
    RawProof.RECEIPT -> Proof.Receipt
}

internal fun Proof.toRaw(): RawProof = when (this) {
    Proof.Unproven -> RawProof.UNPROVEN
    Proof.Size -> RawProof.SIZE
    Proof.Checksum -> RawProof.CHECKSUM
    Proof.Receipt -> RawProof.RECEIPT
}
