/*
 * Pictures of assets. Who draws them is told by whoever shows the screens: the phone's decoder, or the desktop's.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.Image
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.produceState
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.unit.dp
import app.satchel.AssetId
import app.satchel.AssetKind
import app.satchel.Source

/** Draws originals, small. */
interface Pictures {
    /** One that is there already; null where it is to be drawn first. */
    fun ready(asset: AssetId, longest: Int): ImageBitmap?

    /** Draws an original so that its longer side has about [longest] pixels; null where that cannot be done. */
    suspend fun draw(asset: AssetId, source: Source, longest: Int): ImageBitmap?
}

/** Nobody draws. */
object NoPictures : Pictures {
    override fun ready(asset: AssetId, longest: Int): ImageBitmap? = null

    override suspend fun draw(asset: AssetId, source: Source, longest: Int): ImageBitmap? = null
}

/** Who draws here. */
val LocalPictures = staticCompositionLocalOf<Pictures> { NoPictures }

/** The picture of an asset, or a sign for it. [description] is for who cannot see it; null where words stand beside it. */
@Composable
fun AssetPicture(
    asset: AssetId,
    source: Source,
    kind: AssetKind,
    longest: Int,
    description: String?,
    modifier: Modifier = Modifier,
    scale: ContentScale = ContentScale.Crop,
) {
    val pictures = LocalPictures.current
    val picture by produceState(pictures.ready(asset, longest), asset, source) {
        if (value == null) value = pictures.draw(asset, source, longest)
    }
    Box(modifier.background(MaterialTheme.colorScheme.surfaceContainerHighest), contentAlignment = Alignment.Center) {
        val drawn = picture
        if (drawn != null) {
            Image(drawn, description, Modifier.fillMaxSize(), contentScale = scale)
        } else {
            Icon(Icons.Picture, description, Modifier.size(24.dp), tint = MaterialTheme.colorScheme.onSurfaceVariant)
        }
        if (kind == AssetKind.Video && drawn != null) {
            Box(Modifier.size(24.dp).background(Color.Black.copy(alpha = 0.5f), MaterialTheme.shapes.small)) {
                Icon(Icons.Film, null, Modifier.size(24.dp), tint = Color.White)
            }
        }
    }
}
