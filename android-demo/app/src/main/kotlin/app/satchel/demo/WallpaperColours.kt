/*
 * The colours of the phone's wallpaper (Material You), where it has them.
 */
package app.satchel.demo

import android.content.Context
import android.os.Build
import androidx.compose.material3.ColorScheme
import androidx.compose.material3.dynamicDarkColorScheme
import androidx.compose.material3.dynamicLightColorScheme

/** From Android 12 on; null before: the app's own colours. */
internal fun wallpaperColours(context: Context, dark: Boolean): ColorScheme? = when {
    Build.VERSION.SDK_INT < 31 -> null
    dark -> dynamicDarkColorScheme(context)
    else -> dynamicLightColorScheme(context)
}
