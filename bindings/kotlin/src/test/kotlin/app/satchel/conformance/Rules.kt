/*
 * The steps about rules, networks and money, as the runner for Kotlin plays them.
 */
package app.satchel.conformance

import app.satchel.AssetId
import app.satchel.Budget
import app.satchel.Covers
import app.satchel.Link
import app.satchel.LinkClass
import app.satchel.LinkKind
import app.satchel.Mark
import app.satchel.Period
import app.satchel.Policy
import app.satchel.Power
import app.satchel.Price
import app.satchel.Redaction
import app.satchel.Satchel
import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import com.google.gson.JsonPrimitive
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Instant

/** As a step names a policy: `any`, `kept` (none is given), the name of a ready-made one, or a document. */
internal fun policy(named: JsonElement?): Policy? = when {
    named == null -> Policy.overAnyLink()
    named.isJsonObject -> Policy.fromJson(named.toString())
    named.asString == "any" -> Policy.overAnyLink()
    named.asString == "kept" -> null
    else -> Policy.ready(named.asString) ?: throw Unfit("there is no policy $named")
}

/** Plays them on an outbox whose assets have these names. */
internal class Rules(private val outbox: Satchel, private val named: Map<String, String>) {
    suspend fun act(act: String, step: JsonObject): JsonElement {
        val nothing = JsonNull.INSTANCE
        return when (act) {
            "policy" -> setPolicy(step)
            "link" -> nothing.also { outbox.setLink(link(step)) }
            "network" -> network()
            "mark" -> mark(step)
            "power" -> nothing.also { outbox.setPower(Power(charging = step["charging"]?.asBoolean)) }
            "budget" -> nothing.also { outbox.setBudget(budget(step)) }
            "remove_budget" -> nothing.also { outbox.removeBudget(step.text("name")) }
            "budgets" -> budgets(step.text("name"))
            "price" -> view(outbox.price(assets(step)))
            "grant" -> nothing.also { outbox.grant(assets(step).orEmpty(), step["bytes"].asLong, 1.hours) }
            "send_now" -> view(outbox.sendNow(assets(step).orEmpty()).price)
            "grants" -> grants()
            "end_grants" -> nothing.also { outbox.grants().forEach { outbox.endGrant(it.id) } }
            "ledger" -> ledger(step.text("link"))
            "redact" -> redact(step.text("redact"))
            else -> throw Unfit("a runner knows no step \"$act\"")
        }
    }

    /** A name that nothing was added as stands for itself. */
    private fun assets(step: JsonObject): List<AssetId>? = step["assets"]?.asJsonArray?.map { AssetId(named[it.asString] ?: it.asString) }

    private suspend fun setPolicy(step: JsonObject): JsonElement {
        val policy = if (step.has("policy")) policy(step["policy"]) else null
        if (policy != null) {
            if (step.flag("keep")) outbox.keepPolicy(policy) else outbox.setPolicy(policy)
        }
        return JsonParser.parseString(outbox.policy().toJson())
    }

    private fun link(step: JsonObject): Link {
        val link =
            when (val name = step.text("link")) {
                "wifi" -> Link.FreeWifi
                "cellular" -> Link(LinkKind.Cellular, metered = true, roaming = false)
                "mobile" -> Link(LinkKind.Cellular)
                "none" -> Link.None
                "unknown" -> Link()
                else -> throw Unfit("a scenario knows no link \"$name\"")
            }
        return link.copy(
            roaming = if (step.flag("roaming")) true else link.roaming,
            constrained = step["constrained"]?.asBoolean,
            captive = step["captive"]?.asBoolean,
            network = step["network"]?.asString,
            temporarilyUnmetered = step["free_for_now"]?.asBoolean,
            bytesPerSecond = step["rate"]?.asLong,
        )
    }

    private fun network(): JsonObject {
        val link = outbox.effectiveLink()
        return json(mapOf("kind" to link.kind.code, "metered" to link.metered, "roaming" to link.roaming))
    }

    /** All that was said of networks, after this. */
    private suspend fun mark(step: JsonObject): JsonObject {
        val mark =
            when (step["mark"]?.asString) {
                "metered" -> Mark.Metered
                "free" -> Mark.Free
                else -> null
            }
        outbox.markNetwork(step.text("network"), mark)
        return json(outbox.networkMarks().mapValues { (_, told) -> told.name.lowercase() })
    }

    private fun budget(step: JsonObject): Budget {
        val covers =
            when {
                step.has("network") -> Covers.Network(step.text("network"))
                step.text("class") == "roaming" -> Covers.Class(LinkClass.Roaming)
                else -> Covers.Class(LinkClass.Metered)
            }
        val trip = step["trip"]?.asJsonArray?.map { Instant.fromEpochMilliseconds(it.asLong) }
        val period = if (trip == null) Period.Day else Period.Trip(trip[0], trip[1])
        return Budget(step.text("name"), covers, step["bytes"].asLong, period)
    }

    private suspend fun budgets(name: String): JsonObject {
        val all = outbox.budgets()
        val one = all.find { it.budget.name == name } ?: return json(mapOf("count" to all.size))
        return json(
            mapOf(
                "count" to all.size,
                "bytes" to one.budget.bytes,
                "used" to (one.left < one.budget.bytes),
                "refills" to (one.refillsIn.let { it != null && it <= 44.hours }),
                "counts_now" to one.countsNow,
            ),
        )
    }

    /** What is measured is only told as being there. */
    private fun view(price: Price): JsonObject {
        val share = price.budgets.firstOrNull()
        return json(
            mapOf(
                "uploads" to price.uploads,
                "payload_bytes" to price.payloadBytes,
                "more" to (price.bytes > price.payloadBytes),
                "timed" to (price.takes.let { it != null && it > Duration.ZERO }),
                "budget" to share?.name,
                "shared" to (share?.percent != null),
                "never" to share?.never,
            ),
        )
    }

    private suspend fun grants(): JsonObject {
        val all = outbox.grants()
        return json(mapOf("count" to all.size, "kind" to all.firstOrNull()?.kind?.code))
    }

    /** What went over links of a class. */
    private suspend fun ledger(linkClass: String): JsonObject {
        val rows = outbox.ledger().filter { it.link == linkClass }
        val acknowledged = rows.sumOf { it.acknowledged }
        return json(
            mapOf(
                "acknowledged" to acknowledged,
                "sent_more" to (rows.sumOf { it.sent } > acknowledged),
                "wasted" to rows.sumOf { it.wasted },
                "received" to (rows.sumOf { it.received } > 0),
            ),
        )
    }

    /** Of all targets; what the first of them then says. */
    private suspend fun redact(name: String): JsonElement {
        val redact = Redaction.entries.first { it.name.lowercase() == name }
        outbox.targets().forEach { outbox.setRedaction(it.id, redact) }
        return JsonPrimitive(outbox.targets().first().redact.name.lowercase())
    }
}
