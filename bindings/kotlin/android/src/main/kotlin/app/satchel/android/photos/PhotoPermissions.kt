package app.satchel.android.photos

import app.satchel.android.PhotoAccess
import app.satchel.android.PhotoReach

/** The permissions, by their names in the manifest. */
internal object PhotoPermissions {
    const val IMAGES = "android.permission.READ_MEDIA_IMAGES"
    const val VIDEO = "android.permission.READ_MEDIA_VIDEO"
    const val SELECTED = "android.permission.READ_MEDIA_VISUAL_USER_SELECTED"
    const val STORAGE = "android.permission.READ_EXTERNAL_STORAGE"
    const val PLACE = "android.permission.ACCESS_MEDIA_LOCATION"

    /** What may be seen, likewise. Leave for photos or for videos alone is no selection by hand. Pure. */
    fun sight(level: Int, granted: (String) -> Boolean): Sight = when (access(level, granted).reach) {
        PhotoReach.None -> Sight.None
        PhotoReach.All -> Sight.All
        PhotoReach.Selected -> if (granted(IMAGES)) Sight.Photos else sightWithoutPhotos(granted)
    }

    private fun sightWithoutPhotos(granted: (String) -> Boolean) = if (granted(VIDEO)) Sight.Videos else Sight.ByHand

    /** What is allowed, by the system's API level ("Behavior changes" of 29, 33 and 34). Pure. */
    fun access(level: Int, granted: (String) -> Boolean): PhotoAccess {
        val wanted = if (level >= 33) listOf(IMAGES, VIDEO) else listOf(STORAGE)
        val given = wanted.filter(granted)
        val reach =
            when {
                given.size == wanted.size -> PhotoReach.All
                given.isNotEmpty() || (level >= 34 && granted(SELECTED)) -> PhotoReach.Selected
                else -> PhotoReach.None
            }
        val place = reach != PhotoReach.None && (level < 29 || granted(PLACE))
        val missing = wanted - given.toSet() + if (level >= 29 && !granted(PLACE)) listOf(PLACE) else emptyList()
        return PhotoAccess(reach, place, missing)
    }
}
