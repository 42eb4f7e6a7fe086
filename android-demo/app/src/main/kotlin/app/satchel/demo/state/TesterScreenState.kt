/*
 * The Tester screen: a bad journey without leaving the chair, and what is needed for a good report.
 */
package app.satchel.demo.state

import app.satchel.AddOptions
import app.satchel.PostEdit
import app.satchel.SatchelException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.File

/**
 * What the screen shows.
 *
 * @property filling how many samples were drawn so far, of how many; null while none are drawn.
 * @property asksKill whether the question stands if the process is to be killed.
 */
data class TesterUi(val filling: Pair<Int, Int>? = null, val asksKill: Boolean = false)

class TesterScreenState internal constructor(private val demo: DemoState) {
    private val state = MutableStateFlow(TesterUi())

    /** What the screen shows. */
    val ui: StateFlow<TesterUi> = state.asStateFlow()

    /** What is pretended. */
    val pretence: StateFlow<Pretence?> get() = demo.pretence

    /** Pretends something, or nothing any more. */
    fun pretend(what: Pretence?): Job = demo.pretend(what)

    /** Draws samples and adds them: each is a picture of its own, with a caption that says so. */
    fun fill(count: Int): Job = demo.scope.launch {
        if (state.value.filling != null) return@launch
        try {
            val satchel = demo.phone.satchel()
            val folder = File(demo.folder, "samples").apply { mkdirs() }
            val from = demo.memory.get(SAMPLES)?.toIntOrNull() ?: 0
            repeat(count) { done ->
                state.update { it.copy(filling = done to count) }
                val number = from + done + 1
                val file = File(folder, "sample-$number.png")
                withContext(Dispatchers.Default) { drawSample(number, file) }
                satchel.add(file, AddOptions(PostEdit(caption = "Sample $number"), album = "Samples"))
                demo.memory.put(SAMPLES, number.toString())
            }
            demo.say("${counted(count.toLong(), "sample")} added.")
        } catch (failure: SatchelException) {
            demo.say(sentence(failure.message.orEmpty()))
        } finally {
            state.update { it.copy(filling = null) }
        }
        demo.outbox.all()
        demo.stir()
    }

    /** Writes a diagnosis that names no photo, and hands it to another app. */
    fun shareReport(): Job = demo.act { satchel -> demo.errands.share(satchel.report()) }

    /** Asks whether the process is to be killed. */
    fun askKill(ask: Boolean): Unit = state.update { it.copy(asksKill = ask) }

    /** Kills this process at once, as the system would when it needs the memory. */
    fun kill() {
        askKill(false)
        demo.errands.killProcess()
    }

    private companion object {
        /** Where the number of the last sample is kept. */
        const val SAMPLES = "samples"
    }
}
