/*
 * What of the phone's photos the app may see.
 */
package app.satchel.android

/**
 * What of the phone's photos and videos the app may see. Whoever shows it asks for what is [missing] by `requestPermissions`.
 *
 * @property reach how much.
 * @property place whether originals come with the place where they were taken. Without, the system takes it out as they are read: those
 *   are other bytes, and count as another original.
 * @property missing the permissions that would give more, by their names in the manifest.
 */
public data class PhotoAccess(
    public val reach: PhotoReach = PhotoReach.None,
    public val place: Boolean = false,
    public val missing: List<String> = emptyList(),
)

/** How much of the phone's photos the app may see. */
public enum class PhotoReach(
    /** Its name, the same in logs and reports. */
    public val code: String,
) {
    /** Nothing. */
    None("none"),

    /** What a person selected, or only photos or only videos. */
    Selected("selected"),

    /** All. */
    All("all"),
}

/**
 * What a scan of the phone's photos found.
 *
 * @property seen how many were looked at.
 * @property added how many of them are new to the outbox.
 * @property failed how many could not be added, because they are gone again or empty.
 * @property full whether it looked at all there are, and not only at what changed since the last one.
 * @property held what kept it from going further, where something did: the next scan begins there again.
 */
public data class ScanReport(
    public val seen: Long = 0,
    public val added: Long = 0,
    public val failed: Long = 0,
    public val full: Boolean = false,
    public val held: Exception? = null,
)
