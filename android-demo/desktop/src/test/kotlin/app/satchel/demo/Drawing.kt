/*
 * Screens drawn without a display, in the sizes and colours of a phone.
 */
package app.satchel.demo

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.toComposeImageBitmap
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.unit.Density
import app.satchel.AssetId
import app.satchel.Source
import app.satchel.demo.ui.DemoTheme
import app.satchel.demo.ui.LocalPictures
import app.satchel.demo.ui.Pictures
import org.jetbrains.skia.EncodedImageFormat
import org.jetbrains.skia.Image
import org.jetbrains.skia.Rect
import org.jetbrains.skia.SamplingMode
import java.io.File
import java.util.concurrent.ConcurrentHashMap
import org.jetbrains.skia.Surface as SkiaSurface

/** A phone of 412 by 915 dp, at two pixels for each. */
internal const val WIDE = 412
internal const val TALL = 915
internal const val PIXELS = 2f

/** How a screen is drawn. */
internal data class Variant(val dark: Boolean, val text: Float) {
    val name get() = (if (dark) "dark" else "light") + if (text == 1f) "" else "-${(text * 100).toInt()}"
}

internal val variants = listOf(false, true).flatMap { dark -> listOf(1f, 2f).map { Variant(dark, it) } }

/** Draws files at once, by the desktop's decoder. */
internal object DeskPictures : Pictures {
    private val drawn = ConcurrentHashMap<Pair<AssetId, Int>, ImageBitmap>()

    /** Where the pictures of assets are; the outbox keeps copies under names that nobody knows. */
    val files = ConcurrentHashMap<AssetId, File>()

    override fun ready(asset: AssetId, longest: Int): ImageBitmap? {
        val file = files[asset] ?: return null
        return drawn.getOrPut(asset to longest) { draw(file, longest) }
    }

    override suspend fun draw(asset: AssetId, source: Source, longest: Int): ImageBitmap? =
        ready(asset, longest) ?: source.file?.takeIf { it.isFile }?.let { runCatching { draw(it, longest) }.getOrNull() }

    private fun draw(file: File, longest: Int): ImageBitmap {
        val whole = Image.makeFromEncoded(file.readBytes())
        val by = minOf(1f, longest.toFloat() / maxOf(whole.width, whole.height))
        val small = SkiaSurface.makeRasterN32Premul((whole.width * by).toInt(), (whole.height * by).toInt())
        val to = Rect.makeWH(small.width.toFloat(), small.height.toFloat())
        small.canvas.drawImageRect(whole, Rect.makeWH(whole.width.toFloat(), whole.height.toFloat()), to, SamplingMode.LINEAR, null, true)
        return small.makeImageSnapshot().toComposeImageBitmap()
    }
}

/** A screen as the demo shows it. */
@Composable
internal fun OnPhone(variant: Variant, screen: @Composable () -> Unit) {
    val density = LocalDensity.current
    CompositionLocalProvider(LocalDensity provides Density(density.density, variant.text), LocalPictures provides DeskPictures) {
        DemoTheme(dark = variant.dark) {
            Surface(Modifier.fillMaxSize(), color = MaterialTheme.colorScheme.background) { Box(Modifier.fillMaxSize()) { screen() } }
        }
    }
}

/** Draws a screen, when its animations are over. */
internal fun drawn(variant: Variant, screen: @Composable () -> Unit): Image {
    val scene = ImageComposeScene((WIDE * PIXELS).toInt(), (TALL * PIXELS).toInt(), Density(PIXELS)) { OnPhone(variant, screen) }
    try {
        // Frames of a sixtieth of a second, by the scene's own clock.
        var image = scene.render(0)
        for (frame in 1..90) image = scene.render(frame * 16_666_667L)
        return image
    } finally {
        scene.close()
    }
}

/** As a PNG. */
internal fun Image.png(): ByteArray = checkNotNull(encodeToData(EncodedImageFormat.PNG)).bytes
