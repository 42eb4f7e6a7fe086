/*
 * The scenarios' runner for Kotlin, through the public API: `Runner SCENARIO STAGE FOLDER`. What the steps mean is told in
 * bindings/conformance.
 */
package app.satchel.conformance

import app.satchel.AddOptions
import app.satchel.AssetId
import app.satchel.Config
import app.satchel.HostLimits
import app.satchel.JavaHost
import app.satchel.LibraryItem
import app.satchel.Motion
import app.satchel.Order
import app.satchel.PostEdit
import app.satchel.Pretend
import app.satchel.Proof
import app.satchel.RunOptions
import app.satchel.Satchel
import app.satchel.SatchelException
import app.satchel.Stage
import app.satchel.StandIn
import app.satchel.isSafeToFree
import com.google.gson.Gson
import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import com.google.gson.JsonPrimitive
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import kotlin.system.exitProcess
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private const val TRIES = 100

/** What was expected, and what was seen. */
internal class Unfit(message: String) : Exception(message)

internal fun main(args: Array<String>) {
    val (scenario, stage, folder) = args
    try {
        runBlocking { Runner("http://$stage/", File(folder)).play(File(scenario)) }
    } catch (failure: Exception) {
        System.err.println(failure.message ?: failure.toString())
        exitProcess(1)
    }
    exitProcess(0)
}

/** What a runner leaves to the next one. */
private class Notes(val next: Int = 0, val assets: MutableMap<String, String> = mutableMapOf(), var host: String? = null)

internal class Runner(private val stage: String, private val folder: File) {
    private val notesFile = File(folder, "notes.json")
    private var notes = if (notesFile.exists()) Gson().fromJson(notesFile.readText(), Notes::class.java) else Notes()
    private var open: Satchel? = null
    private val vault = Vault(File(folder, "tokens.json"))
    private val album = Album(File(folder, "photos"))
    private val artist = Artist(File(folder, "photos"))
    private val http: HttpClient = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()

    suspend fun play(scenario: File) {
        val steps = JsonParser.parseString(scenario.readText()).asJsonObject.getAsJsonArray("steps")
        for (number in notes.next until steps.size()) {
            val step = steps[number].asJsonObject
            try {
                play(step, number)
            } catch (failure: Unfit) {
                throw Unfit("step ${number + 1}: $step\n  ${failure.message}")
            }
        }
    }

    private suspend fun play(step: JsonObject, number: Int) {
        if (step.has("world")) {
            fits(step["is"], world(step))
            return
        }
        val came =
            try {
                act(step, number)
            } catch (failure: SatchelException) {
                val fails = step["fails"] ?: throw Unfit("${failure.code}: ${failure.message}")
                fits(fails, view(failure))
                return
            }
        if (step.has("fails")) throw Unfit("it did not fail")
        fits(step["is"], came)
    }

    private fun world(step: JsonObject): JsonObject {
        val request = HttpRequest.newBuilder(URI(stage)).header("Content-Type", "application/json")
        val asked = request.POST(HttpRequest.BodyPublishers.ofString(step.toString())).build()
        val reply = http.send(asked, HttpResponse.BodyHandlers.ofString())
        if (reply.statusCode() != 200) throw Unfit(reply.body())
        return JsonParser.parseString(reply.body()).asJsonObject
    }

    private fun world(name: String): JsonObject = world(JsonObject().apply { addProperty("world", name) })

    private suspend fun act(step: JsonObject, number: Int): JsonElement {
        val act = step.text("do")
        val nothing = JsonNull.INSTANCE
        when (act) {
            "open" -> {
                open = Satchel.open(config(step), vault, album, artist)
                return nothing
            }

            "safe" -> {
                val proof = Proof.entries.first { it.code == step.text("proof") }
                return JsonPrimitive(proof.isSafeToFree)
            }

            "kill" -> {
                kill(number)
            }
        }
        val outbox = open ?: throw Unfit("the outbox is not open")
        return when (act) {
            "close" -> {
                nothing.also { outbox.closeAndWait() }
            }

            "pair" -> {
                val code = step["code"]?.asString ?: world("receiver").text("code")
                nothing.also { outbox.pair(code, "a phone") }
            }

            "tus" -> {
                nothing.also { outbox.setTusTarget(world("tus").text("url")) }
            }

            "add" -> {
                nothing.also { add(outbox, step) }
            }

            "item" -> {
                nothing.also { item(outbox, step) }
            }

            "library" -> {
                nothing.also { album.answers = step.text("answers") }
            }

            "previewer" -> {
                artist.draws = step["draws"]?.asString
                artist.films = step["films"]?.asString
                nothing
            }

            "token" -> {
                nothing.also { token(outbox, step.text("token")) }
            }

            "edit" -> {
                nothing.also { outbox.editPost(asset(step), post(step)) }
            }

            "remove" -> {
                nothing.also { outbox.remove(asset(step)) }
            }

            "retry" -> {
                nothing.also { outbox.retry(asset(step)) }
            }

            "pause" -> {
                nothing.also { outbox.pause(step["paused"].asBoolean) }
            }

            "run" -> {
                ran(outbox)
            }

            "urgent" -> {
                nothing.also { outbox.setUrgent(asset(step), step["urgent"].asBoolean) }
            }

            "attempts" -> {
                view(outbox.attempts(asset(step)))
            }

            "wake" -> {
                view(outbox.wake())
            }

            "suspend" -> {
                JsonPrimitive(outbox.suspend(10.seconds))
            }

            "resume" -> {
                nothing.also { outbox.resume() }
            }

            "pretend" -> {
                nothing.also { outbox.pretend(pretend(step)) }
            }

            "report" -> {
                JsonPrimitive(step.text("names") in outbox.report())
            }

            "until" -> {
                until(outbox, step)
            }

            "host" -> {
                host(outbox, step)
            }

            "staged" -> {
                nothing.also { staged(outbox, step) }
            }

            "see" -> {
                view(outbox.asset(asset(step)))
            }

            "list" -> {
                json(mapOf("count" to outbox.list(limit = 1_000).size))
            }

            "endpoints" -> {
                nothing.also { Ways(outbox).set(step) { world("mirror") } }
            }

            "ways" -> {
                Ways(outbox).see(step["at"]?.asInt ?: 0)
            }

            "blocks" -> {
                Ways(outbox).blocks()
            }

            "export" -> {
                Ways(outbox).export(File(folder, "blocks.json"), step.text("holds"))
            }

            "neutral" -> {
                Ways(outbox).neutral(step["url"]?.asString)
            }

            else -> {
                Rules(outbox, notes.assets).act(act, step)
            }
        }
    }

    private fun config(step: JsonObject): Config {
        val policy = policy(step["policy"])?.copy(order = Order.Oldest)
        return Config(File(folder, "outbox"), policy, connectTimeout = 5.seconds)
    }

    private suspend fun add(outbox: Satchel, step: JsonObject) {
        val photo = photo(step.text("photo"))
        val motion = step["motion"]?.let { Motion.File(photo(it.asString)) }
        val options = AddOptions(post(step), step.flag("urgent"), step.flag("copy"), step["album"]?.asString, motion)
        val added = outbox.add(photo, options)
        step["as"]?.let { notes.assets[it.asString] = added.id.value }
        val expected = step["becomes"]?.asString ?: return
        if (expected != added.kind.code) throw Unfit("it was ${added.kind.code}")
    }

    private suspend fun item(outbox: Satchel, step: JsonObject) {
        val name = step.text("photo")
        val motion = step["motion"]?.let { Motion.Item(LibraryItem(it.asString, it.asString)) }
        val added = outbox.add(LibraryItem(name, name), AddOptions(post(step), copy = step.flag("copy"), motion = motion))
        step["as"]?.let { notes.assets[it.asString] = added.id.value }
    }

    private suspend fun token(outbox: Satchel, token: String) {
        for (target in outbox.targets()) {
            vault.setAside(target.url)
            outbox.setToken(target.id, token)
        }
    }

    private suspend fun until(outbox: Satchel, step: JsonObject): JsonObject {
        var last = JsonObject()
        repeat(TRIES) {
            outbox.tryNow()
            ran(outbox)
            last = view(outbox.asset(asset(step)))
            try {
                fits(step["is"], last)
                return last
            } catch (_: Unfit) {
                delay(50.milliseconds)
            }
        }
        return last
    }

    /** A host whose system is java.net.http. */
    private suspend fun host(outbox: Satchel, step: JsonObject): JsonElement {
        val owner = notes.host ?: outbox.newHostId().also { notes.host = it }
        val system = JavaHost(outbox, owner)
        val limits = step["bytes"]?.let { HostLimits(mostBytesPerStep = it.asLong) } ?: HostLimits()
        var forget = step.flag("forget")
        var asked: JsonElement = JsonNull.INSTANCE
        outbox.hostRunning(owner, emptyList())
        repeat(TRIES) {
            val steps = outbox.hostSteps(owner, limits).steps
            val first = steps.firstOrNull() ?: return asked
            if (asked.isJsonNull) asked = view(first)
            for (out in steps) {
                var outcome = system.carry(out)
                if (step.flag("twice") && out.method == "PATCH") outcome = system.carry(out)
                if (!forget) outbox.hostOutcome(out.lease, outcome)
            }
            if (forget) outbox.hostRunning(owner, emptyList())
            forget = false
        }
        return asked
    }

    private suspend fun staged(outbox: Satchel, step: JsonObject) {
        val name = step.text("photo")
        val motion = step["motion"]?.let { Motion.Staged(written(outbox, it.asString), it.asString) }
        val added = outbox.commit(written(outbox, name), name, post(step), step.flag("urgent"), motion = motion)
        step["as"]?.let { notes.assets[it.asString] = added.id.value }
    }

    /** A stage that the bytes of a photo were written to. */
    private suspend fun written(outbox: Satchel, name: String): Stage = outbox.stage().also { photo(name).copyTo(it.path) }

    private fun photo(name: String) = File(folder, "photos/$name")

    private fun kill(number: Int): Nothing {
        notesFile.writeText(Gson().toJson(Notes(number + 1, notes.assets, notes.host)))
        ProcessBuilder("kill", "-9", "${ProcessHandle.current().pid()}").start().waitFor()
        throw Unfit("the runner outlived its kill")
    }

    /** A name that nothing was added as stands for itself. */
    private fun asset(step: JsonObject): AssetId = step.text("asset").let { AssetId(notes.assets[it] ?: it) }
}

/** What is to be pretended; nothing where the step names nothing. */
private fun pretend(step: JsonObject): Pretend? {
    val stands = step["stands"]?.let { named -> StandIn.entries.first { it.code == named.asString } }
    return Pretend(step["rate"]?.asLong, step["latency"]?.asLong?.milliseconds, stands).takeIf { it != Pretend() }
}

private suspend fun ran(outbox: Satchel): JsonObject = view(outbox.run(RunOptions(linger = Duration.ZERO)))

private fun post(step: JsonObject) = PostEdit(
    caption = step["caption"]?.asString,
    tags = step["tags"]?.asJsonArray?.map { it.asString },
)

internal fun JsonObject.text(name: String): String = this[name]?.asString ?: throw Unfit("the step lacks \"$name\"")

internal fun JsonObject.flag(name: String): Boolean = this[name]?.asBoolean ?: false

/** Whether all that was expected is so. */
private fun fits(expected: JsonElement?, seen: JsonElement) {
    when {
        expected == null || expected.isJsonNull -> {}

        expected.isJsonObject -> {
            for ((name, value) in expected.asJsonObject.entrySet()) {
                if (seen.asJsonObject[name] != value) throw Unfit("expected $name to be $value, saw $seen")
            }
        }

        expected != seen -> {
            throw Unfit("expected $expected, saw $seen")
        }
    }
}
