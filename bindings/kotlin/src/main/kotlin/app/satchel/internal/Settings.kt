/*
 * Config, policy and link to the library's.
 */
package app.satchel.internal

import app.satchel.Config
import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.Links
import app.satchel.Opened
import app.satchel.Order
import app.satchel.Policy
import app.satchel.SatchelException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import app.satchel.internal.ffi.Config as RawConfig
import app.satchel.internal.ffi.Link as RawLink
import app.satchel.internal.ffi.LinkKind as RawLinkKind
import app.satchel.internal.ffi.Links as RawLinks
import app.satchel.internal.ffi.Opened as RawOpened
import app.satchel.internal.ffi.Order as RawOrder
import app.satchel.internal.ffi.Policy as RawPolicy

/** Longer waits than this are for ever, to a phone; the library's clocks count no further than some decades. */
private val FOR_EVER = 3650.days

internal fun milliseconds(duration: Duration): ULong = duration.coerceIn(Duration.ZERO, FOR_EVER).inWholeMilliseconds.toULong()

internal fun Config.toRaw(): RawConfig = RawConfig(folder.absolutePath, policy.toRaw(), extraRoots, connectTimeout?.let(::milliseconds))

internal fun Policy.toRaw(): RawPolicy {
    // The range is the library's to judge; here it is only made to fit.
    if (uploadsAtOnce !in 0..UByte.MAX_VALUE.toInt()) {
        throw SatchelException.Invalid("uploadsAtOnce is $uploadsAtOnce; it must be 1 to 8")
    }
    return RawPolicy(
        when (links) {
            Links.Unmetered -> RawLinks.UNMETERED
            Links.Any -> RawLinks.ANY
        },
        when (order) {
            Order.Newest -> RawOrder.NEWEST
            Order.Oldest -> RawOrder.OLDEST
        },
        uploadsAtOnce.toUByte(),
    )
}

internal fun Link.toRaw(): RawLink = RawLink(
    when (kind) {
        LinkKind.None -> RawLinkKind.NONE
        LinkKind.Wifi -> RawLinkKind.WIFI
        LinkKind.Cellular -> RawLinkKind.CELLULAR
        LinkKind.Ethernet -> RawLinkKind.ETHERNET
        LinkKind.Hotspot -> RawLinkKind.HOTSPOT
        LinkKind.Other -> RawLinkKind.OTHER
        LinkKind.Unknown -> RawLinkKind.UNKNOWN
    },
    metered,
    roaming,
    constrained,
    validated,
    captive,
    network,
)

internal fun RawOpened.toApi(): Opened = Opened(recovered.toLong(), damaged.toLong(), retold.toLong(), saved.toLong())
