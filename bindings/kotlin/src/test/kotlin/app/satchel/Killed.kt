/*
 * The process that is killed: adds photos and sends them, until it is killed or all is delivered.
 */
package app.satchel

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.File
import java.io.FileOutputStream
import kotlin.system.exitProcess
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** Tokens in a file. A real app uses the Keystore. */
internal class KeyFile(private val file: File) : Credentials {
    @Synchronized
    override fun load(target: String): String? =
        if (file.exists()) file.readLines().find { it.startsWith("$target ") }?.substringAfter(' ') else null

    @Synchronized
    override fun store(target: String, token: String) {
        FileOutputStream(file, true).use {
            it.write("$target $token\n".toByteArray())
            it.fd.sync()
        }
    }
}

/** `Killed FOLDER`: the outbox, photos and notes are in there. Says what it is about to do, a word a line. */
internal object Killed {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val folder = File(arguments.single())
        say("started")
        runBlocking(Dispatchers.Default) {
            Satchel.open(config(folder), KeyFile(File(folder, "keys"))).use { satchel ->
                val sending =
                    launch {
                        while (true) {
                            satchel.tryNow()
                            satchel.run(RunOptions(linger = Duration.ZERO))
                            delay(5.milliseconds)
                        }
                    }
                val telling =
                    launch {
                        satchel.changes.collect { change ->
                            if (change is Change.Progress && change.rendition == Rendition.Original) say("sending")
                            if (change is Change.Delivered) say("delivered")
                        }
                    }
                val accepted = accepted(folder)
                FileOutputStream(notes(folder), true).use { notes ->
                    for (photo in photos(folder).filter { it.name !in accepted }) {
                        say("adding")
                        satchel.add(photo, AddOptions(PostEdit(caption = photo.name), copy = photo.name.hashCode() % 2 == 0))
                        notes.write("${photo.name}\n".toByteArray())
                        notes.fd.sync()
                        say("added")
                    }
                }
                while (satchel.counts().run { unread + open + postsOpen } > 0) delay(20.milliseconds)
                sending.cancel()
                telling.cancel()
            }
        }
        say("done")
        exitProcess(0)
    }

    fun photos(folder: File): List<File> = File(folder, "photos").listFiles().orEmpty().sortedBy { it.name }

    fun notes(folder: File) = File(folder, "accepted")

    /** What `add` accepted, by name; the last line may be cut. */
    fun accepted(folder: File): Set<String> =
        notes(folder).let { if (it.exists()) it.readText().split('\n').dropLast(1).toSet() else emptySet() }

    private fun say(what: String) {
        println(what)
        System.out.flush()
    }
}
