/*
 * What the state holders need from the world around them. On Android a SatchelHost and an Activity stand behind these; in the
 * tests, a folder on the disk.
 */
package app.satchel.demo.state

import app.satchel.AssetId
import app.satchel.Link
import app.satchel.Power
import app.satchel.Satchel
import app.satchel.SentNow
import app.satchel.Wake
import kotlinx.coroutines.flow.StateFlow
import java.io.File
import kotlin.time.Duration

/** The phone, as far as the outbox needs it. */
interface Phone {
    /** What the phone itself sees of the network. */
    val link: StateFlow<Link>

    /** How the phone is fed. */
    val power: StateFlow<Power>

    /** Why the system last ended the work in the background, in words; null when it did not. */
    val lastStop: StateFlow<String?>

    /** The one open outbox of this process; opens it the first time, and again after a failure. */
    suspend fun satchel(): Satchel

    /** Tells the outbox [link] in place of what the phone sees; null ends that. */
    fun pretendLink(link: Link?)

    /** Sends these now, at their price, and keeps the phone awake for it. */
    suspend fun sendNow(assets: List<AssetId>): SentNow

    /**
     * Does now what can be done, until nothing is due or for [atMost], and sets the system's jobs for the rest; when it can go on. It
     * waits while such a job does it.
     */
    suspend fun run(atMost: Duration): Wake

    /** Sets the system's jobs by what the outbox wants next. */
    suspend fun reschedule()
}

/** What the app may see of the phone's photos. */
enum class GalleryAccess {
    /** Nothing. */
    None,

    /** Those that the person selected. */
    Selected,

    /** All. */
    All,
}

/**
 * An album of the camera roll.
 *
 * @property name as the phone calls it.
 * @property items photos and videos in it, as far as the app may see them.
 * @property watched whether new ones go into the outbox by themselves.
 */
data class Album(val name: String, val items: Int, val watched: Boolean)

/** The phone's camera roll. */
interface Gallery {
    /** What the app may see of it. */
    val access: StateFlow<GalleryAccess>

    /** Whether new photos go into the outbox by themselves. */
    val watching: StateFlow<Boolean>

    /** What is to be known about choosing albums, for a person; null where there is nothing. */
    val albumsNote: String? get() = null

    /** Turns that on or off. */
    suspend fun watch(on: Boolean)

    /** The albums that the app may see; empty while it may see none. */
    suspend fun albums(): List<Album>

    /** Whether an album is watched. */
    suspend fun watchAlbum(name: String, on: Boolean)

    /** Takes in what is new; how many were added. */
    suspend fun scan(): Long
}

/** What only a screen's owner can begin: other apps' screens, and the process's end. What comes of it comes back as an event. */
interface Errands {
    /** The photo picker; then [OutboxScreenState.picked]. */
    fun pickPhotos()

    /** The camera, for a pairing code; then [SettingsScreenState.scanned]. */
    fun scanCode()

    /** The system's question for the camera roll; then [SettingsScreenState.photosAnswered]. */
    fun askForPhotos()

    /** The sign-in page of the network. */
    fun openSignIn()

    /** Hands a text to another app. */
    fun share(text: String)

    /** Hands a file that was written to be lent ([DemoState.lent]) to another app; [type] is its media type. */
    fun shareFile(file: File, type: String)

    /** Kills this process at once, as the system would. */
    fun killProcess()
}

/** A few words that outlive the process. Nothing secret. */
interface Memory {
    /** What was kept under [key]. */
    fun get(key: String): String?

    /** Keeps [value]; null forgets. */
    fun put(key: String, value: String?)
}
