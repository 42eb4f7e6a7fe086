/*
 * The process that is killed: adds photos and sends them, until it is killed or all is delivered.
 */
package app.satchel

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
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

/** `Killed FOLDER`: the outbox, photos and notes are in there. */
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
                val telling = launch { satchel.changes.collect { if (it is Change.Progress) say("sending") } }
                addAll(satchel, Camera(folder))
                while (satchel.counts().run { unread + open + postsOpen } > 0) delay(20.milliseconds)
                sending.cancelAndJoin()
                telling.cancelAndJoin()
            }
        }
        say("done")
        exitProcess(0)
    }

    /** Adds what was not added yet, and says `adding` and `added` before and behind each. */
    suspend fun addAll(satchel: Satchel, camera: Camera) {
        val accepted = camera.accepted()
        FileOutputStream(camera.notes, true).use { notes ->
            for (photo in camera.photos().filter { it.name !in accepted }) {
                say("adding")
                satchel.add(photo, AddOptions(PostEdit(caption = photo.name), copy = photo.name.hashCode() % 2 == 0))
                say("added")
                notes.write("${photo.name}\n".toByteArray())
                notes.fd.sync()
            }
        }
    }

    fun say(what: String) {
        println(what)
        System.out.flush()
    }
}
