/*
 * The real receiver, and a link that is as bad as a test wants it: both are the `satchel` command.
 */
package app.satchel

import com.google.gson.JsonObject
import com.google.gson.JsonParser
import java.io.File
import java.sql.DriverManager
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** A process of the command that tells what it does in lines of JSON. */
internal abstract class Command(vararg arguments: String) : AutoCloseable {
    private val process: Process
    private val told = LinkedBlockingQueue<JsonObject>()

    init {
        val command = checkNotNull(System.getProperty("satchel.command")) { "-Dsatchel.command=PATH names the satchel command" }
        process = ProcessBuilder(command, *arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        thread(isDaemon = true) {
            process.inputStream.bufferedReader().forEachLine { told.put(JsonParser.parseString(it).asJsonObject) }
        }
    }

    /** The next thing it tells. */
    protected fun next(): JsonObject = checkNotNull(told.poll(60, TimeUnit.SECONDS)) { "the command says nothing" }

    protected fun say(line: String) = process.outputWriter().run {
        write(line + "\n")
        flush()
    }

    override fun close() {
        process.destroyForcibly().waitFor()
    }
}

/** `satchel serve`. */
internal class Receiver(private val store: File) : Command("serve", "--json", "--listen", "127.0.0.1:0", "--store", store.path) {
    private var code: String
    val address: String

    init {
        val serving = next()
        address = serving["address"].asString
        code = serving["pairing"].asString
    }

    /** A pairing code, for one device, that leads to the receiver through [through]. */
    fun pairingCode(through: String = address): String {
        val fresh = code.also { spent -> if (spent.isEmpty()) code = next()["pairing"].asString }
        val use = fresh.ifEmpty { code }
        code = ""
        return use.replace(address, through)
    }

    /** The hash of every completed upload; one that was completed twice is there twice. */
    fun completed(): List<BlobHash> = query("SELECT lower(hex(hash)) FROM upload WHERE state = 'complete'").map(::BlobHash)

    /** The captions on its page. */
    fun captions(): List<String> = query("SELECT caption FROM asset WHERE deleted IS NULL AND caption IS NOT NULL")

    private fun query(sql: String) = query(File(store, "receiver.sqlite"), sql)
}

/** `satchel link`. */
internal class BadLink(to: String) : Command("link", "--json", "--listen", "127.0.0.1:0", "--to", to) {
    val address: String = next()["listen"].asString

    /** Makes it so: `off`, `open`, `rate 80KB`, … */
    fun obey(command: String) {
        say(command)
        while (true) {
            val answer = next()
            check(answer["event"].asString != "refused") { answer["problem"].asString }
            if (answer["event"].asString == "command") return
        }
    }
}

/** The first column of what a database answers. */
internal fun query(database: File, sql: String): List<String> =
    DriverManager.getConnection("jdbc:sqlite:file:$database?mode=ro").use { connection ->
        connection.createStatement().use { statement ->
            val rows = statement.executeQuery(sql)
            buildList { while (rows.next()) add(rows.getString(1)) }
        }
    }
