/*
 * Config, link and power to the library's and back.
 */
package app.satchel.internal

import app.satchel.Config
import app.satchel.Link
import app.satchel.LinkClass
import app.satchel.LinkKind
import app.satchel.Mark
import app.satchel.Opened
import app.satchel.Power
import app.satchel.Pretend
import app.satchel.Redaction
import app.satchel.StandIn
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import app.satchel.internal.ffi.Config as RawConfig
import app.satchel.internal.ffi.Link as RawLink
import app.satchel.internal.ffi.LinkClass as RawLinkClass
import app.satchel.internal.ffi.LinkKind as RawLinkKind
import app.satchel.internal.ffi.Mark as RawMark
import app.satchel.internal.ffi.Opened as RawOpened
import app.satchel.internal.ffi.Power as RawPower
import app.satchel.internal.ffi.Pretend as RawPretend
import app.satchel.internal.ffi.Redaction as RawRedaction
import app.satchel.internal.ffi.StandIn as RawStandIn

/** Longer waits than this are for ever, to a phone; the library's clocks count no further than some decades. */
private val FOR_EVER = 3650.days

internal fun milliseconds(duration: Duration): ULong = duration.coerceIn(Duration.ZERO, FOR_EVER).inWholeMilliseconds.toULong()

/** What is below zero is nothing; whether that is too little is the library's to judge. */
internal fun amount(bytes: Long): ULong = bytes.coerceAtLeast(0).toULong()

internal fun Config.toRaw(): RawConfig = RawConfig(folder.absolutePath, policy?.toRaw(), extraRoots, connectTimeout?.let(::milliseconds))

internal fun Link.toRaw(): RawLink = RawLink(
    kind = kind.toRaw(),
    metered = metered,
    roaming = roaming,
    constrained = constrained,
    temporarilyUnmetered = temporarilyUnmetered,
    validated = validated,
    captive = captive,
    network = network,
    bytesPerSecond = bytesPerSecond?.let(::amount),
    `interface` = interfaceName,
    handle = handle?.toULong(),
)

internal fun RawLink.toApi(): Link = Link(
    kind = kind.toApi(),
    metered = metered,
    roaming = roaming,
    constrained = constrained,
    validated = validated,
    captive = captive,
    network = network,
    temporarilyUnmetered = temporarilyUnmetered,
    bytesPerSecond = bytesPerSecond?.toLong(),
    interfaceName = `interface`,
    handle = handle?.toLong(),
)

internal fun LinkKind.toRaw(): RawLinkKind = when (this) {
    LinkKind.None -> RawLinkKind.NONE
    LinkKind.Wifi -> RawLinkKind.WIFI
    LinkKind.Cellular -> RawLinkKind.CELLULAR
    LinkKind.Ethernet -> RawLinkKind.ETHERNET
    LinkKind.Hotspot -> RawLinkKind.HOTSPOT
    LinkKind.Other -> RawLinkKind.OTHER
    LinkKind.Unknown -> RawLinkKind.UNKNOWN
}

internal fun RawLinkKind.toApi(): LinkKind = when (this) {
    RawLinkKind.NONE -> LinkKind.None
    RawLinkKind.WIFI -> LinkKind.Wifi
    RawLinkKind.CELLULAR -> LinkKind.Cellular
    RawLinkKind.ETHERNET -> LinkKind.Ethernet
    RawLinkKind.HOTSPOT -> LinkKind.Hotspot
    RawLinkKind.OTHER -> LinkKind.Other
    RawLinkKind.UNKNOWN -> LinkKind.Unknown
}

internal fun LinkClass.toRaw(): RawLinkClass = when (this) {
    LinkClass.Unmetered -> RawLinkClass.UNMETERED
    LinkClass.Metered -> RawLinkClass.METERED
    LinkClass.Roaming -> RawLinkClass.ROAMING
    LinkClass.Unknown -> RawLinkClass.UNKNOWN
}

internal fun RawLinkClass.toApi(): LinkClass = when (this) {
    RawLinkClass.UNMETERED -> LinkClass.Unmetered
    RawLinkClass.METERED -> LinkClass.Metered
    RawLinkClass.ROAMING -> LinkClass.Roaming
    RawLinkClass.UNKNOWN -> LinkClass.Unknown
}

internal fun Mark.toRaw(): RawMark = when (this) {
    Mark.Metered -> RawMark.METERED
    Mark.Free -> RawMark.FREE
}

internal fun RawMark.toApi(): Mark = when (this) {
    RawMark.METERED -> Mark.Metered
    RawMark.FREE -> Mark.Free
}

internal fun Redaction.toRaw(): RawRedaction = when (this) {
    Redaction.None -> RawRedaction.NONE
    Redaction.Location -> RawRedaction.LOCATION
    Redaction.All -> RawRedaction.ALL
}

internal fun RawRedaction.toApi(): Redaction = when (this) {
    RawRedaction.NONE -> Redaction.None
    RawRedaction.LOCATION -> Redaction.Location
    RawRedaction.ALL -> Redaction.All
}

internal fun Power.toRaw(): RawPower = RawPower(charging, batteryPercent?.coerceIn(0, 100)?.toUByte(), powerSave)

internal fun RawOpened.toApi(): Opened = Opened(recovered.toLong(), damaged.toLong(), retold.toLong(), saved.toLong())

internal fun Pretend.toRaw(): RawPretend = RawPretend(
    bytesPerSecond?.let(::amount),
    latency?.let(::milliseconds),
    when (stands) {
        null -> null
        StandIn.Page -> RawStandIn.PAGE
        StandIn.Silence -> RawStandIn.SILENCE
        StandIn.Reset -> RawStandIn.RESET
    },
)
