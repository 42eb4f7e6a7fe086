/*
 * Pictures of what Satchel cannot read by itself.
 */
package app.satchel

import java.io.File

/** Makes pictures with what the app's system knows, such as Android's ImageDecoder and MediaMetadataRetriever. */
public fun interface Previewer {
    /**
     * Writes a picture of an original to [PreviewRequest.to]; false when there is none to be had: the post goes without a preview.
     * It becomes smaller, upright and free of metadata afterwards. Called on a thread of Satchel's own that may wait, one call at a
     * time. When it throws, the post goes without a preview.
     */
    public fun picture(request: PreviewRequest): Boolean

    /**
     * Writes a small version of a film to [PreviewRequest.to], as MP4 that any browser plays, of at most 2 MiB and with nothing in it
     * of where and when; false when there is none to be had, as here. It goes as it is, if it keeps to that. Called one film at a time;
     * pictures are asked for meanwhile. When it throws, the post goes without it.
     */
    public fun film(request: PreviewRequest): Boolean = false
}

/**
 * A picture or a film that the app is to make.
 *
 * @property source the original, or the outbox's copy of it.
 * @property kind what kind of thing it is.
 * @property mediaType its media type (RFC 6838), `application/octet-stream` where it is not known.
 * @property bytes its length in bytes.
 * @property longest the longer side that is wanted, in pixels; a larger picture is fine.
 * @property to where to write it: a picture as JPEG, PNG or WebP. An empty file is there.
 */
public data class PreviewRequest(
    public val source: Source,
    public val kind: AssetKind,
    public val mediaType: String,
    public val bytes: Long,
    public val longest: Int,
    public val to: File,
)
