/*
 * What the runner for Kotlin saw, by the names that all languages have.
 */
package app.satchel.conformance

import app.satchel.Asset
import app.satchel.AssetState
import app.satchel.Attempt
import app.satchel.HostStep
import app.satchel.Rendition
import app.satchel.RunReport
import app.satchel.SatchelException
import app.satchel.WaitReason
import app.satchel.Wake
import com.google.gson.Gson
import com.google.gson.GsonBuilder
import com.google.gson.JsonObject
import com.google.gson.JsonParser

internal fun view(asset: Asset): JsonObject {
    val state = asset.state
    val view = mutableMapOf<String, Any?>("state" to state.code)
    when (state) {
        is AssetState.Waiting -> {
            view += fields(state.goes)
            view["reason"] = state.reason.code
            view["said"] = state.words.isNotEmpty() && state.whenWords.isNotEmpty()
            view["trouble"] =
                when (val reason = state.reason) {
                    is WaitReason.Retry -> reason.trouble.code
                    is WaitReason.TargetRests -> reason.trouble.code
                    else -> null
                }
            view["budget"] =
                when (val reason = state.reason) {
                    is WaitReason.BudgetSpent -> reason.budget
                    is WaitReason.BudgetTooSmall -> reason.budget
                    else -> null
                }
        }

        is AssetState.Delivered -> {
            view["proof"] = state.proof.code
        }

        is AssetState.Parked -> {
            view["reason"] = state.reason.code
            view["said"] = state.words.isNotEmpty()
        }

        else -> {}
    }
    view["kind"] = asset.kind.name.lowercase()
    view["hash"] = asset.hash?.value
    view["motion"] = asset.motion?.name
    view["bytes"] = asset.bytes
    view["urgent"] = asset.urgent
    view["revision"] = asset.revision
    view["caption"] = asset.post.caption
    view["tags"] = asset.post.tags
    view["receipts"] = asset.deliveries.count { it.receipt }
    view["redacted"] = asset.deliveries.count { it.redacted }
    view["press"] = asset.deliveries.find { it.rendition == Rendition.Press }?.state?.code
    return json(view)
}

internal fun view(report: RunReport): JsonObject {
    val counts = report.counts
    val counted =
        mapOf(
            "unread" to counts.unread,
            "open" to counts.open,
            "parked" to counts.parked,
            "delivered" to counts.delivered,
            "posts_delivered" to counts.postsDelivered,
        )
    return json(counted + fields(report.wake) + ("stopped" to report.stopped))
}

/** Whether there are any; the last one. */
internal fun view(attempts: List<Attempt>): JsonObject {
    val last = attempts.firstOrNull()
    return json(mapOf("any" to (last != null), "method" to last?.method, "status" to last?.status, "words" to last?.words))
}

internal fun view(wake: Wake): JsonObject = json(fields(wake))

private fun fields(wake: Wake): Map<String, Any?> = mapOf(
    "timed" to (wake.at != null),
    "needs" to wake.needs?.code,
    "charging" to wake.charging,
    "sooner" to wake.sooner?.code,
    "waits" to wake.bytes,
)

/** What a step asks of the network that carries it. */
internal fun view(step: HostStep): JsonObject = json(
    mapOf(
        "unmetered_only" to step.unmeteredOnly,
        "not_constrained" to step.notConstrained,
        "no_cellular" to step.noCellular,
        "not_roaming" to step.notRoaming,
    ),
)

internal fun view(failure: SatchelException): JsonObject = json(
    when (failure) {
        is SatchelException.Source -> mapOf("kind" to failure.code, "code" to failure.fault.code)
        is SatchelException.Pairing -> mapOf("kind" to failure.code, "code" to failure.fault.code)
        is SatchelException.Invalid -> mapOf("kind" to failure.code, "field" to failure.field)
        else -> mapOf("kind" to failure.code)
    },
)

private val gson: Gson = GsonBuilder().serializeNulls().create()

/** By way of text, so that numbers compare as the scenario's do. */
internal fun json(view: Map<String, Any?>): JsonObject = JsonParser.parseString(gson.toJson(view)).asJsonObject
