/*
 * The camera roll as the state holders see it: the host's scans, and the albums by MediaStore's buckets.
 */
package app.satchel.demo

import android.content.Context
import android.net.Uri
import android.provider.MediaStore
import app.satchel.android.PhotoAccess
import app.satchel.android.PhotoReach
import app.satchel.android.SatchelHost
import app.satchel.demo.state.Album
import app.satchel.demo.state.Gallery
import app.satchel.demo.state.GalleryAccess
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

internal class RollGallery(
    private val context: Context,
    private val host: SatchelHost,
    private val chosen: WatchedAlbums,
    scope: CoroutineScope,
) : Gallery {
    private val watchingState = MutableStateFlow(false)

    override val access: StateFlow<GalleryAccess> =
        host.photos.map(::accessOf).stateIn(scope, SharingStarted.Eagerly, accessOf(host.photos.value))
    override val watching: StateFlow<Boolean> = watchingState.asStateFlow()
    override val albumsNote: String? get() =
        if (chosen.chosen ==
            chosen.now
        ) {
            null
        } else {
            "What you chose of albums holds from the next start of the app on."
        }

    init {
        scope.launch { watchingState.value = host.watchesPhotos() }
    }

    override suspend fun watch(on: Boolean) {
        host.watchPhotos(on)
        watchingState.value = on
    }

    override suspend fun albums(): List<Album> = withContext(Dispatchers.IO) {
        if (access.value == GalleryAccess.None) return@withContext emptyList()
        val counted = sortedMapOf<String, Int>()
        BOTH.forEach { from -> count(from, counted) }
        counted.map { (name, items) -> Album(name, items, chosen.chosen?.contains(name) ?: true) }
    }

    private fun count(from: Uri, into: MutableMap<String, Int>) {
        try {
            context.contentResolver.query(from, arrayOf(MediaStore.MediaColumns.BUCKET_DISPLAY_NAME), null, null, null)?.use {
                while (it.moveToNext()) it.getString(0)?.let { name -> into[name] = (into[name] ?: 0) + 1 }
            }
        } catch (_: RuntimeException) {
            // The leave was taken back just now, a card is not there, or the library begins anew.
        }
    }

    override suspend fun watchAlbum(name: String, on: Boolean) {
        chosen.choose(name, on, albums().map { it.name }.toSet())
    }

    override suspend fun scan(): Long = host.scanPhotos().added

    private companion object {
        val BOTH: List<Uri> = listOf(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, MediaStore.Video.Media.EXTERNAL_CONTENT_URI)
    }
}

private fun accessOf(photos: PhotoAccess): GalleryAccess = when (photos.reach) {
    PhotoReach.None -> GalleryAccess.None
    PhotoReach.Selected -> GalleryAccess.Selected
    PhotoReach.All -> GalleryAccess.All
}
