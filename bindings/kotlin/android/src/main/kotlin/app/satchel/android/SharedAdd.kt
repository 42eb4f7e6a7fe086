package app.satchel.android

import android.net.Uri
import app.satchel.Added

/**
 * What became of one thing that was picked or shared.
 *
 * @property uri its address, as it came. Not for logs.
 * @property added what became of it; null when it could not be taken.
 * @property problem why not, for a person, in English; null when it was taken.
 */
public data class SharedAdd(public val uri: Uri, public val added: Added?, public val problem: String? = null)
