/*
 * Budgets, prices and grants. Byte counts are signed in the API, as Kotlin's own libraries have them.
 */
package app.satchel.internal

import app.satchel.Budget
import app.satchel.BudgetState
import app.satchel.Covers
import app.satchel.Grant
import app.satchel.GrantId
import app.satchel.Period
import app.satchel.Price
import app.satchel.SentNow
import app.satchel.Share
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import app.satchel.internal.ffi.Budget as RawBudget
import app.satchel.internal.ffi.BudgetState as RawBudgetState
import app.satchel.internal.ffi.Covers as RawCovers
import app.satchel.internal.ffi.Grant as RawGrant
import app.satchel.internal.ffi.Period as RawPeriod
import app.satchel.internal.ffi.Price as RawPrice
import app.satchel.internal.ffi.SentNow as RawSentNow
import app.satchel.internal.ffi.Share as RawShare

private fun duration(ms: ULong): Duration = ms.toLong().milliseconds

internal fun Budget.toRaw(): RawBudget = RawBudget(
    name,
    when (val covers = covers) {
        is Covers.Class -> RawCovers.Class(covers.linkClass.toRaw())
        is Covers.Network -> RawCovers.Network(covers.id)
    },
    amount(bytes),
    when (val period = period) {
        Period.Day -> RawPeriod.Day
        is Period.Trip -> RawPeriod.Trip(period.from.toEpochMilliseconds(), period.to.toEpochMilliseconds())
    },
)

private fun RawBudget.toApi(): Budget = Budget(
    name,
    when (val covers = covers) {
        is RawCovers.Class -> Covers.Class(covers.`class`.toApi())
        is RawCovers.Network -> Covers.Network(covers.id)
    },
    bytes.toLong(),
    when (val period = period) {
        is RawPeriod.Day -> Period.Day
        is RawPeriod.Trip -> Period.Trip(instant(period.fromUtcMs), instant(period.toUtcMs))
    },
)

internal fun RawBudgetState.toApi(): BudgetState = BudgetState(budget.toApi(), left.toLong(), refillsInMs?.let(::duration), countsNow)

internal fun RawPrice.toApi(): Price = Price(
    uploads.toLong(),
    payloadBytes.toLong(),
    bytes.toLong(),
    takesMs?.let(::duration),
    bytesPerSecond?.toLong(),
    budgets.map { it.toApi() },
)

private fun RawShare.toApi(): Share = Share(name, left.toLong(), of.toLong(), percent?.toLong(), never)

internal fun RawGrant.toApi(): Grant = Grant(GrantId(id), kind.toApi(), network, left.toLong(), duration(endsInMs))

internal fun RawSentNow.toApi(): SentNow = SentNow(GrantId(grant), price.toApi())
