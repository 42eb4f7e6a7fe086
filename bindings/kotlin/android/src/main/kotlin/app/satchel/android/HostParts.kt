/*
 * What of the system stands behind a port, because a test has another.
 */
package app.satchel.android

import android.content.Context
import app.satchel.Credentials
import app.satchel.MediaLibrary
import app.satchel.android.photos.MediaStoreShelf
import app.satchel.android.photos.PhotoShelf
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** The system's parts. */
internal class HostParts(
    val clock: Clock = Clock.System,
    val credentials: (Context) -> Credentials = ::KeystoreCredentials,
    val library: (Context) -> MediaLibrary = ::AndroidMediaLibrary,
    val shelf: (Context) -> PhotoShelf = ::MediaStoreShelf,
    /** How long a key store that is shut is left alone. */
    val keysAgain: Duration = 60.seconds,
)
