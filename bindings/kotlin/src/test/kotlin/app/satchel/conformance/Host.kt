/*
 * What only a host can do, as the runner for Kotlin does it.
 */
package app.satchel.conformance

import app.satchel.Credentials
import app.satchel.MediaLibrary
import app.satchel.OpenedItem
import app.satchel.PreviewRequest
import app.satchel.Previewer
import com.google.gson.Gson
import java.io.File

/** A store for tokens, in a file of the scenario's folder. */
internal class Vault(private val file: File) : Credentials {
    @Suppress("UNCHECKED_CAST")
    private fun all(): Map<String, String> =
        if (file.exists()) Gson().fromJson(file.readText(), Map::class.java) as Map<String, String> else emptyMap()

    private fun keep(all: Map<String, String>) = file.writeText(Gson().toJson(all))

    /** From now on the token that there is for a target is what [refresh] gives. */
    @Synchronized
    fun setAside(target: String) {
        val token = all()[target] ?: return
        keep(all() - target + (FRESH to token))
    }

    override fun load(target: String): String? = all()[target]

    @Synchronized
    override fun store(target: String, token: String) = keep(all() + (target to token))

    @Synchronized
    override fun refresh(target: String, refused: String?): String? {
        val fresh = all()[FRESH] ?: return null
        keep(all() - FRESH + (target to fresh))
        return fresh
    }

    private companion object {
        /** Under this name the file has what [refresh] gives. */
        const val FRESH = "fresh"
    }
}

/** A media library that has the scenario's photos, by their names. */
internal class Album(private val folder: File) : MediaLibrary {
    /** How it answers. */
    @Volatile
    var answers = "open"

    override fun open(id: String): OpenedItem {
        val file = File(folder, id)
        return when {
            answers == "away" -> OpenedItem.Away
            answers == "in_cloud" -> OpenedItem.InCloud
            answers == "fails" -> error("the library was asked to fail")
            file.exists() -> OpenedItem.File(file)
            else -> OpenedItem.Gone
        }
    }
}

/** A previewer that draws one of the scenario's photos, and films another, whatever it is asked. */
internal class Artist(private val folder: File) : Previewer {
    /** What it draws; it fails when that is nothing. */
    @Volatile
    var draws: String? = null

    /** What it films; it fails when that is nothing. */
    @Volatile
    var films: String? = null

    override fun picture(request: PreviewRequest): Boolean = copy(draws, request)

    override fun film(request: PreviewRequest): Boolean = copy(films, request)

    private fun copy(photo: String?, request: PreviewRequest): Boolean {
        File(folder, photo ?: error("the previewer was asked to fail")).copyTo(request.to, overwrite = true)
        return true
    }
}
