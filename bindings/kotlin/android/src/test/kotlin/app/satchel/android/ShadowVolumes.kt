package app.satchel.android

import android.content.Context
import android.provider.MediaStore
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements

/** The volumes of a phone without a card: Robolectric's storage has none. */
@Implements(MediaStore::class)
internal class ShadowVolumes {
    companion object {
        @JvmStatic
        @Implementation
        @Suppress("unused", "UNUSED_PARAMETER")
        fun getExternalVolumeNames(context: Context): Set<String> = setOf("external_primary")
    }
}
