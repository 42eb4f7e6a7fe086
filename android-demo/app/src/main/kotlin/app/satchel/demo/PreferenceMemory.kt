/*
 * A few words that outlive the process, in the app's preferences.
 */
package app.satchel.demo

import android.content.Context
import app.satchel.demo.state.Memory

internal class PreferenceMemory(context: Context) : Memory {
    private val preferences = context.getSharedPreferences("demo", Context.MODE_PRIVATE)

    override fun get(key: String): String? = preferences.getString(key, null)

    override fun put(key: String, value: String?): Unit = preferences.edit().putString(key, value).apply()
}

/** Which albums are watched: all, or those that were chosen. */
internal class WatchedAlbums(private val memory: Memory) {
    /** Those that hold in this process; null for all. */
    val now: Set<String>? = read()

    /** Those that are chosen; null for all. They hold from the next start of the process on. */
    var chosen: Set<String>? = now
        private set

    /** Chooses an album, or not any more, of [all] that there are. */
    fun choose(name: String, on: Boolean, all: Set<String>) {
        val before = chosen ?: all
        val after = if (on) before + name else before - name
        chosen = after.takeIf { it != all }
        memory.put(KEY, chosen?.joinToString("\n"))
    }

    private fun read(): Set<String>? = memory.get(KEY)?.lines()?.filter { it.isNotEmpty() }?.toSet()

    private companion object {
        const val KEY = "albums"
    }
}
