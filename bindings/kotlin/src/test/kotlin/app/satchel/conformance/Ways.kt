/*
 * The steps about endpoints and blocks, as the runner for Kotlin plays them.
 */
package app.satchel.conformance

import app.satchel.Endpoint
import app.satchel.Endpoints
import app.satchel.Health
import app.satchel.Satchel
import app.satchel.TargetId
import com.google.gson.JsonObject
import java.io.File

/** Plays them on the one target that an outbox has. */
internal class Ways(private val outbox: Satchel) {
    private suspend fun target(): TargetId = outbox.targets().firstOrNull()?.id ?: TargetId(0)

    /** The stage's [mirror], where the step says nothing else. */
    suspend fun set(step: JsonObject, mirror: () -> JsonObject) {
        val theirs = step.texts("their_addresses")
        val pin = step["pin"]?.asString
        val further =
            if (step.has("urls")) {
                step.texts("urls").map { Endpoint(it, pin, theirs) }
            } else {
                listOf(mirror()).map { Endpoint(it.text("url"), it["pin"]?.asString, theirs) }
            }
        outbox.setEndpoints(target(), Endpoints(step.texts("addresses"), further, step.flag("shared")))
    }

    suspend fun see(at: Int): JsonObject {
        val target = target()
        val all = outbox.endpoints(target)
        val counts = mapOf("count" to all.size, "further" to outbox.endpointsSet(target).further.size)
        val one = all.getOrNull(at) ?: return json(counts)
        return json(
            counts +
                mapOf(
                    "by_address" to one.byAddress,
                    "health" to one.health.code,
                    "by" to (one.health as? Health.Blocked)?.by?.code,
                    "trouble" to one.trouble?.code,
                    "words" to one.words,
                    "rests" to (one.next != null),
                    "carries" to one.carries,
                ),
        )
    }

    suspend fun blocks(): JsonObject {
        val all = outbox.blocks()
        val first = all.firstOrNull() ?: return json(mapOf("count" to 0))
        val page = outbox.blockPage(first.id)
        return json(
            mapOf(
                "count" to all.size,
                "kind" to first.kind.code,
                "status" to first.status,
                "title" to first.title,
                "page" to (page != null),
                "whole" to ((page?.size ?: 0).toLong() == first.pageBytes),
                "again" to (first.times > 1),
            ),
        )
    }

    suspend fun export(to: File, holds: String): JsonObject {
        val count = outbox.exportBlocks(to)
        return json(mapOf("count" to count, "held" to (holds in to.readText())))
    }

    suspend fun neutral(url: String?): JsonObject {
        outbox.setNeutral(url)
        return json(mapOf("url" to outbox.neutral()))
    }
}

private fun JsonObject.texts(name: String): List<String> = this[name]?.asJsonArray?.map { it.asString }.orEmpty()
