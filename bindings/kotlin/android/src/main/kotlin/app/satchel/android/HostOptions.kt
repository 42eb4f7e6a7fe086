/*
 * What an app may choose of how Satchel works on this phone.
 */
package app.satchel.android

import app.satchel.Policy
import java.io.File
import kotlin.time.Instant

/**
 * What an app may choose.
 *
 * @property folder the outbox's folder; `satchel` in the app's no-backup folder when null. Not below the cache, and not backed up.
 * @property policy the traveller's rules; when null those that `Satchel.keepPolicy` kept.
 * @property notices how notifications look.
 * @property photos which photos and videos of the phone are added by themselves, once [SatchelHost.watchPhotos] is on.
 * @property extraRoots certificates to trust beside those that come with Satchel, in PEM.
 * @property userRoots also trust the authorities that the phone's owner installed. An app that sends only to a paired receiver needs none.
 * @property firstJobId the first of [JOB_IDS] job ids in a row that are Satchel's in this app.
 */
public data class HostOptions(
    public val folder: File? = null,
    public val policy: Policy? = null,
    public val notices: Notices = Notices(),
    public val photos: PhotoRules = PhotoRules(),
    public val extraRoots: List<String> = emptyList(),
    public val userRoots: Boolean = false,
    public val firstJobId: Int = 7_310_000,
) {
    /** Numbers. */
    public companion object {
        /** How many job ids are Satchel's, from [firstJobId] on. */
        public const val JOB_IDS: Int = 8
    }
}

/**
 * How notifications look. They name no photo.
 *
 * @property channel the id of the channel that they go to; made at the first one.
 * @property channelName the channel's name in the system's settings.
 * @property icon a drawable resource of the app's, white on transparent; the system's upload arrow when 0.
 * @property id the notification's id in this app; the ids after it, up to [HostOptions.JOB_IDS], are Satchel's too.
 * @property title its first line.
 * @property progress its second line, from how many photos are still to go.
 * @property pause the action that pauses the outbox.
 * @property stop the action that stops sending now.
 */
public data class Notices(
    public val channel: String = "satchel.sending",
    public val channelName: String = "Sending photos",
    public val icon: Int = 0,
    public val id: Int = 7_310,
    public val title: String = "Sending photos",
    public val progress: (Long) -> String = { open -> if (open == 1L) "One to go" else "$open to go" },
    public val pause: String = "Pause",
    public val stop: String = "Stop",
)

/**
 * Which photos and videos of the phone are added by themselves.
 *
 * @property photos photos, with their motion where they have one in them.
 * @property videos videos.
 * @property albums only from these albums, as `BUCKET_DISPLAY_NAME` has them; from all when null.
 * @property since only what came to the phone's library since then; since it was first watched when null. Of what a person selected
 *   by hand ([PhotoReach.Selected]), all.
 */
public data class PhotoRules(
    public val photos: Boolean = true,
    public val videos: Boolean = true,
    public val albums: Set<String>? = null,
    public val since: Instant? = null,
)
