/*
 * How an outbox is opened, and what that found.
 */
package app.satchel

import java.io.File
import kotlin.time.Duration

/**
 * How an outbox is opened.
 *
 * @property folder the outbox's own folder; made if it is missing. Not one that the system may empty, and not one that is
 *   backed up to another device.
 * @property policy the traveller's rules. When null, those that [Satchel.keepPolicy] kept; where none were, only links that cost
 *   nothing are used.
 * @property link the network as it is now; [Satchel.setLink] tells of later ones. As long as nothing is known of it, nothing is
 *   sent that may go only where it costs nothing.
 * @property extraRoots certificates to trust beside the system's, in PEM.
 * @property connectTimeout how long a connection may take to be made; null for the library's own choice.
 */
public data class Config(
    public val folder: File,
    public val policy: Policy? = null,
    public val link: Link = Link(),
    public val extraRoots: List<String> = emptyList(),
    public val connectTimeout: Duration? = null,
)

/**
 * What opening an outbox found.
 *
 * @property recovered assets that the journal brought back after the database was damaged or lost.
 * @property damaged places in the journal that could not be read.
 * @property retold assets that the journal did not speak of any more, and does again.
 * @property saved copies in the outbox's spool whose records were all lost; they are kept there, as `*.saved`, for a person to look at.
 */
public data class Opened(public val recovered: Long, public val damaged: Long, public val retold: Long, public val saved: Long)
