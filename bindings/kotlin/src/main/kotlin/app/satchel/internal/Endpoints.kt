/*
 * Endpoints and blocks, to the library's and back.
 */
package app.satchel.internal

import app.satchel.Block
import app.satchel.BlockId
import app.satchel.BlockKind
import app.satchel.BlockRecord
import app.satchel.Endpoint
import app.satchel.EndpointState
import app.satchel.Endpoints
import app.satchel.Health
import app.satchel.TargetId
import app.satchel.internal.ffi.Block as RawBlock
import app.satchel.internal.ffi.BlockRecord as RawBlockRecord
import app.satchel.internal.ffi.Endpoint as RawEndpoint
import app.satchel.internal.ffi.EndpointState as RawEndpointState
import app.satchel.internal.ffi.Endpoints as RawEndpoints
import app.satchel.internal.ffi.Health as RawHealth

internal fun Endpoints.toRaw(): RawEndpoints = RawEndpoints(addresses, further.map { it.toRaw() }, sharedStore)

private fun Endpoint.toRaw(): RawEndpoint = RawEndpoint(url, pin, addresses)

internal fun RawEndpoints.toApi(): Endpoints = Endpoints(addresses, further.map { it.toApi() }, sharedStore)

private fun RawEndpoint.toApi(): Endpoint = Endpoint(url, pin, addresses)

internal fun RawEndpointState.toApi(): EndpointState = EndpointState(
    url = url,
    byAddress = byAddress,
    health = health.toApi(),
    words = words,
    trouble = trouble?.toApi(),
    since = sinceUtcMs?.let(::instant),
    next = nextUtcMs?.let(::instant),
    carries = carries,
)

internal fun RawHealth.toApi(): Health = when (this) {
    is RawHealth.Unknown -> Health.Unknown
    is RawHealth.Open -> Health.Open
    is RawHealth.Slow -> Health.Slow
    is RawHealth.Down -> Health.Down
    is RawHealth.Blocked -> Health.Blocked(by.toApi())
    is RawHealth.Captive -> Health.Captive
}

internal fun RawBlock.toApi(): Block = when (this) {
    RawBlock.PAGE -> Block.Page
    RawBlock.REDIRECT -> Block.Redirect
    RawBlock.CERTIFICATE -> Block.Certificate
    RawBlock.RESET -> Block.Reset
    RawBlock.NAME -> Block.Name
    RawBlock.SILENCE -> Block.Silence
}

internal fun RawBlockRecord.toApi(): BlockRecord = BlockRecord(
    id = BlockId(id),
    target = TargetId(target),
    endpoint = endpoint,
    network = network,
    kind = blockKind(kind),
    status = status?.toInt(),
    title = title,
    location = location,
    pageBytes = pageBytes.toLong(),
    pageType = pageType,
    certificate = certificate,
    issuer = issuer,
    address = address,
    first = instant(firstUtcMs),
    last = instant(lastUtcMs),
    times = times.toLong(),
)

/** A kind by its code, which is text at the boundary. */
private fun blockKind(code: String): BlockKind = when (code) {
    BlockKind.Captive.code -> BlockKind.Captive
    else -> Block.entries.find { it.code == code }?.let(BlockKind::Blocked) ?: BlockKind.Other(code)
}
