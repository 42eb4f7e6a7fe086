/*
 * How services and receivers, which the system makes, find the one outbox of the process.
 */
package app.satchel.android

import android.content.Context

/** Implemented by the app's `Application`, so that services and receivers find the one outbox of the process. */
public interface HasSatchel {
    /** The one host of this process; make it once, `lazy` or in `onCreate`. */
    public val satchelHost: SatchelHost
}

/** The host of this process; throws when the app's `Application` has none. */
public val Context.satchelHost: SatchelHost
    get() =
        checkNotNull((applicationContext as? HasSatchel)?.satchelHost) {
            "the app's Application must implement app.satchel.android.HasSatchel, and stand in the manifest as <application android:name>"
        }
