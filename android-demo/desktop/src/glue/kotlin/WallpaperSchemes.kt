/*
 * Compose's desktop library stands in for AndroidX's in the check of the glue; these two are in AndroidX's alone. As
 * androidx.compose.material3 1.3.2 declares them.
 */
package androidx.compose.material3

import android.content.Context

internal fun dynamicDarkColorScheme(context: Context): ColorScheme = error("not on a phone: $context")

internal fun dynamicLightColorScheme(context: Context): ColorScheme = error("not on a phone: $context")
