/*
 * The app's colours and type. On Android 12 and later the Activity hands over the colours of the phone's wallpaper instead.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.material3.ColorScheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Typography
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.Immutable
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.unit.Density
import app.satchel.LinkClass
import app.satchel.demo.state.Standing

private val Light =
    lightColorScheme(
        primary = Color(0xFF1F5F6B),
        onPrimary = Color(0xFFFFFFFF),
        primaryContainer = Color(0xFFBCEBF6),
        onPrimaryContainer = Color(0xFF00363F),
        secondary = Color(0xFF4B6268),
        onSecondary = Color(0xFFFFFFFF),
        secondaryContainer = Color(0xFFCEE7ED),
        onSecondaryContainer = Color(0xFF213F46),
        tertiary = Color(0xFF7A5200),
        onTertiary = Color(0xFFFFFFFF),
        tertiaryContainer = Color(0xFFFFDDB0),
        onTertiaryContainer = Color(0xFF4A3100),
        error = Color(0xFFB3261E),
        onError = Color(0xFFFFFFFF),
        errorContainer = Color(0xFFFFDAD6),
        onErrorContainer = Color(0xFF73130D),
        background = Color(0xFFF6FAFB),
        onBackground = Color(0xFF171D1E),
        surface = Color(0xFFF6FAFB),
        onSurface = Color(0xFF171D1E),
        surfaceVariant = Color(0xFFDBE4E7),
        onSurfaceVariant = Color(0xFF3F484B),
        surfaceContainerLowest = Color(0xFFFFFFFF),
        surfaceContainerLow = Color(0xFFF0F4F6),
        surfaceContainer = Color(0xFFEAEFF0),
        surfaceContainerHigh = Color(0xFFE4E9EB),
        surfaceContainerHighest = Color(0xFFDFE3E5),
        outline = Color(0xFF6F797B),
        outlineVariant = Color(0xFFBFC8CB),
        inverseSurface = Color(0xFF2C3133),
        inverseOnSurface = Color(0xFFEDF1F3),
        inversePrimary = Color(0xFF8AD2E0),
    )

private val Dark =
    darkColorScheme(
        primary = Color(0xFF8AD2E0),
        onPrimary = Color(0xFF00363F),
        primaryContainer = Color(0xFF034E5A),
        onPrimaryContainer = Color(0xFFBCEBF6),
        secondary = Color(0xFFB2CBD1),
        onSecondary = Color(0xFF1D3439),
        secondaryContainer = Color(0xFF344A50),
        onSecondaryContainer = Color(0xFFCEE7ED),
        tertiary = Color(0xFFF6BD60),
        onTertiary = Color(0xFF412D00),
        tertiaryContainer = Color(0xFF5D4200),
        onTertiaryContainer = Color(0xFFFFDDB0),
        error = Color(0xFFFFB4AB),
        onError = Color(0xFF690005),
        errorContainer = Color(0xFF8C1D18),
        onErrorContainer = Color(0xFFFFDAD6),
        background = Color(0xFF0F1416),
        onBackground = Color(0xFFDFE3E5),
        surface = Color(0xFF0F1416),
        onSurface = Color(0xFFDFE3E5),
        surfaceVariant = Color(0xFF3F484B),
        onSurfaceVariant = Color(0xFFBFC8CB),
        surfaceContainerLowest = Color(0xFF0A0F11),
        surfaceContainerLow = Color(0xFF171D1E),
        surfaceContainer = Color(0xFF1B2122),
        surfaceContainerHigh = Color(0xFF262B2D),
        surfaceContainerHighest = Color(0xFF303638),
        outline = Color(0xFF899295),
        outlineVariant = Color(0xFF3F484B),
        inverseSurface = Color(0xFFDFE3E5),
        inverseOnSurface = Color(0xFF2C3133),
        inversePrimary = Color(0xFF1F5F6B),
    )

/** Colours that Material has no role for. The classes of links stand beside each other in the chart, with their names. */
@Immutable
class DemoColours(val delivered: Color, private val classes: Map<LinkClass, Color>) {
    fun of(kind: LinkClass): Color = classes.getValue(kind)
}

private val LightMore =
    DemoColours(
        delivered = Color(0xFF1E6B3A),
        classes =
            mapOf(
                LinkClass.Unmetered to Color(0xFF1F5F6B),
                LinkClass.Metered to Color(0xFFA86E00),
                LinkClass.Roaming to Color(0xFFB3261E),
                LinkClass.Unknown to Color(0xFF6F797B),
            ),
    )

private val DarkMore =
    DemoColours(
        delivered = Color(0xFF85D6A0),
        classes =
            mapOf(
                LinkClass.Unmetered to Color(0xFF8AD2E0),
                LinkClass.Metered to Color(0xFFF6BD60),
                LinkClass.Roaming to Color(0xFFFF897D),
                LinkClass.Unknown to Color(0xFF899295),
            ),
    )

private val LocalDemoColours = staticCompositionLocalOf { LightMore }

/** Colours that Material has no role for. */
val demoColours: DemoColours @Composable get() = LocalDemoColours.current

/** The colour in which a standing is written. */
@Composable
fun colourOf(standing: Standing): Color = when (standing) {
    Standing.Waiting -> MaterialTheme.colorScheme.onSurfaceVariant
    Standing.Sending -> MaterialTheme.colorScheme.primary
    Standing.Delivered -> demoColours.delivered
    Standing.NeedsYou -> MaterialTheme.colorScheme.error
}

/**
 * The app's theme.
 *
 * @param colours those of the wallpaper, where the phone has them; the app's own when null.
 * @param font the family of all text; the system's when null.
 */
@Composable
fun DemoTheme(
    dark: Boolean = isSystemInDarkTheme(),
    colours: ColorScheme? = null,
    font: FontFamily? = null,
    content: @Composable () -> Unit,
) {
    val scheme = colours ?: if (dark) Dark else Light
    CompositionLocalProvider(LocalDemoColours provides if (dark) DarkMore else LightMore) {
        MaterialTheme(colorScheme = scheme, typography = typography(font, LocalDensity.current), content = content)
    }
}

private fun typography(font: FontFamily?, density: Density): Typography = Typography().run {
    fun TextStyle.own() = copy(fontFamily = font ?: fontFamily).notTooLarge(density)
    Typography(
        displayLarge = displayLarge.own(),
        displayMedium = displayMedium.own(),
        displaySmall = displaySmall.own(),
        headlineLarge = headlineLarge.own(),
        headlineMedium = headlineMedium.own(),
        headlineSmall = headlineSmall.own(),
        titleLarge = titleLarge.own(),
        titleMedium = titleMedium.own(),
        titleSmall = titleSmall.own(),
        bodyLarge = bodyLarge.own(),
        bodyMedium = bodyMedium.own(),
        bodySmall = bodySmall.own(),
        labelLarge = labelLarge.own(),
        labelMedium = labelMedium.own(),
        labelSmall = labelSmall.own(),
    )
}

/** Sizes in sp, and in dp the largest that they become. */
private val LARGEST = listOf(20f to 34f, 24f to 36f, 30f to 38f, 100f to 100f)

/**
 * Large text of a phone that doubles all sizes alike would have no room in a bar: it grows as far as it does since Android 14 at 200 %
 * ("Non-linear font scaling to 200%" among the features of Android 14), and small text freely.
 */
private fun TextStyle.notTooLarge(density: Density): TextStyle = with(density) {
    val size = fontSize.value
    val above = LARGEST.indexOfFirst { it.first >= size }
    if (above < 1) return this@notTooLarge
    val (from, to) = LARGEST[above - 1] to LARGEST[above]
    val most = from.second + (to.second - from.second) * (size - from.first) / (to.first - from.first)
    val now = fontSize.toDp().value
    if (now <= most) this@notTooLarge else copy(fontSize = fontSize * (most / now), lineHeight = lineHeight * (most / now))
}
