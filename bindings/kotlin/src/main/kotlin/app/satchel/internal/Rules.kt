/*
 * Policies to the library's and back.
 */
package app.satchel.internal

import app.satchel.AssetKind
import app.satchel.Order
import app.satchel.Over
import app.satchel.Policy
import app.satchel.Rendition
import app.satchel.Rule
import app.satchel.SatchelException
import app.satchel.Scope
import app.satchel.Way
import app.satchel.internal.ffi.AssetKind as RawAssetKind
import app.satchel.internal.ffi.Order as RawOrder
import app.satchel.internal.ffi.Over as RawOver
import app.satchel.internal.ffi.Policy as RawPolicy
import app.satchel.internal.ffi.Rendition as RawRendition
import app.satchel.internal.ffi.Rule as RawRule
import app.satchel.internal.ffi.Scope as RawScope
import app.satchel.internal.ffi.Way as RawWay

internal fun Policy.toRaw(): RawPolicy {
    // The range is the library's to judge; here it is only made to fit.
    if (uploadsAtOnce !in 0..UByte.MAX_VALUE.toInt()) {
        throw SatchelException.Invalid("uploads_at_once: may be 1 to 8", "uploads_at_once")
    }
    val first =
        when (order) {
            Order.Newest -> RawOrder.NEWEST
            Order.Oldest -> RawOrder.OLDEST
        }
    return RawPolicy(rules.map { it.toRaw() }, first, uploadsAtOnce.toUByte())
}

internal fun RawPolicy.toApi(): Policy = Policy(
    rules.map { it.toApi() },
    when (order) {
        RawOrder.NEWEST -> Order.Newest
        RawOrder.OLDEST -> Order.Oldest
    },
    uploadsAtOnce.toInt(),
)

private fun Rule.toRaw(): RawRule = RawRule(
    RawScope(scope.kinds.map { it.toRaw() }, scope.renditions.map { it.toRaw() }, scope.albums, scope.urgent),
    allow.map { it.toRaw() },
)

private fun RawRule.toApi(): Rule = Rule(
    allow.map { it.toApi() },
    Scope(scope.kinds.map { it.toApi() }, scope.renditions.map { it.toApi() }, scope.albums, scope.urgent),
)

private fun Way.toRaw(): RawWay = RawWay(
    over =
        when (val over = over) {
            Over.Free -> RawOver.Free
            Over.Any -> RawOver.Any
            is Over.Kinds -> RawOver.Kinds(over.kinds.map { it.toRaw() })
        },
    roaming = roaming,
    whenSavingData = whenSavingData,
    withinBudget = withinBudget,
    upToBytes = upToBytes?.let(::amount),
    onlyWhileCharging = onlyWhileCharging,
    hours = hours,
)

private fun RawWay.toApi(): Way = Way(
    over =
        when (val over = over) {
            is RawOver.Free -> Over.Free
            is RawOver.Any -> Over.Any
            is RawOver.Kinds -> Over.Kinds(over.kinds.map { it.toApi() })
        },
    roaming = roaming,
    whenSavingData = whenSavingData,
    withinBudget = withinBudget,
    upToBytes = upToBytes?.toLong(),
    onlyWhileCharging = onlyWhileCharging,
    hours = hours,
)

private fun AssetKind.toRaw(): RawAssetKind = when (this) {
    AssetKind.Photo -> RawAssetKind.PHOTO
    AssetKind.Video -> RawAssetKind.VIDEO
    AssetKind.Pair -> RawAssetKind.PAIR
    AssetKind.Other -> RawAssetKind.OTHER
}

private fun Rendition.toRaw(): RawRendition = when (this) {
    Rendition.Text -> RawRendition.TEXT
    Rendition.Preview -> RawRendition.PREVIEW
    Rendition.Press -> RawRendition.PRESS
    Rendition.Original -> RawRendition.ORIGINAL
}
