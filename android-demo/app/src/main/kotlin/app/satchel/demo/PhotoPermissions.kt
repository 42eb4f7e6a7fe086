/*
 * Which permissions are asked for, on which level of Android.
 */
package app.satchel.demo

import android.Manifest
import android.os.Build

/** For the camera roll: all of it, or what the person selects; and the place in the files. */
internal fun photoPermissions(): Array<String> = buildList {
    if (Build.VERSION.SDK_INT >= 33) {
        add(Manifest.permission.READ_MEDIA_IMAGES)
        add(Manifest.permission.READ_MEDIA_VIDEO)
    } else {
        add(Manifest.permission.READ_EXTERNAL_STORAGE)
    }
    if (Build.VERSION.SDK_INT >= 34) add(Manifest.permission.READ_MEDIA_VISUAL_USER_SELECTED)
    if (Build.VERSION.SDK_INT >= 29) add(Manifest.permission.ACCESS_MEDIA_LOCATION)
}.toTypedArray()

/** For the notification that "send now" shows; it works without, too. */
internal val noticePermission: String? get() = if (Build.VERSION.SDK_INT >= 33) Manifest.permission.POST_NOTIFICATIONS else null
