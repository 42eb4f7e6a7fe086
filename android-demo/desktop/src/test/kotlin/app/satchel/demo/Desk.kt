/*
 * A phone on a desk: the ports of the demo without Android. The outbox and the receiver are the real ones; the camera roll is a folder.
 */
package app.satchel.demo

import app.satchel.AddOptions
import app.satchel.AssetId
import app.satchel.Config
import app.satchel.Credentials
import app.satchel.Keys
import app.satchel.Link
import app.satchel.Policy
import app.satchel.Power
import app.satchel.Receiver
import app.satchel.RunOptions
import app.satchel.Satchel
import app.satchel.SatchelException
import app.satchel.SentNow
import app.satchel.Wake
import app.satchel.demo.state.Album
import app.satchel.demo.state.DemoState
import app.satchel.demo.state.Errands
import app.satchel.demo.state.Gallery
import app.satchel.demo.state.GalleryAccess
import app.satchel.demo.state.Memory
import app.satchel.demo.state.Phone
import app.satchel.real
import app.satchel.until
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.io.File
import java.util.concurrent.ConcurrentHashMap
import kotlin.io.path.createTempDirectory
import kotlin.test.assertIs
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

internal class DeskPhone(private val folder: File, private val policy: Policy?, val keys: Credentials = Keys()) : Phone {
    override val link = MutableStateFlow(Link.FreeWifi)
    override val power = MutableStateFlow(Power())
    override val lastStop = MutableStateFlow<String?>(null)
    private val opening = Mutex()
    private var open: Satchel? = null
    private var pretended: Link? = null

    /** How often the jobs were to be set. */
    var rescheduled = 0

    /** How often the outbox was to run. */
    var runs = 0

    override suspend fun satchel(): Satchel = opening.withLock {
        open ?: Satchel.open(Config(folder, policy, link.value), keys).also { open = it }
    }

    /** Another network is there. */
    suspend fun move(to: Link) {
        link.value = to
        if (pretended == null) satchel().setLink(to)
    }

    override fun pretendLink(link: Link?) {
        pretended = link
        open?.setLink(link ?: this.link.value)
    }

    override suspend fun sendNow(assets: List<AssetId>): SentNow = satchel().sendNow(assets)

    override suspend fun run(atMost: Duration): Wake {
        runs += 1
        while (true) {
            try {
                return satchel().run(RunOptions(deadline = atMost)).wake
            } catch (_: SatchelException.AlreadyRunning) {
                // The test itself is at it.
                delay(1.seconds)
            }
        }
    }

    override suspend fun reschedule() {
        rescheduled += 1
    }

    suspend fun close() {
        open?.closeAndWait()
    }
}

/** Albums are folders; they are read by the outbox itself. */
internal class DeskGallery(private val folder: File, private val phone: DeskPhone) : Gallery {
    override val access = MutableStateFlow(GalleryAccess.None)
    override val watching = MutableStateFlow(false)
    private val left = ConcurrentHashMap.newKeySet<String>()

    /** What looking at it throws, where it is to fail. */
    @Volatile
    var failure: Exception? = null

    override suspend fun watch(on: Boolean) {
        watching.value = on
    }

    override suspend fun albums(): List<Album> {
        failure?.let { throw it }
        if (access.value == GalleryAccess.None) return emptyList()
        return folder
            .listFiles { file -> file.isDirectory }
            .orEmpty()
            .sortedBy { it.name }
            .map { Album(it.name, it.list().orEmpty().size, it.name !in left) }
    }

    override suspend fun watchAlbum(name: String, on: Boolean) {
        if (on) left.remove(name) else left.add(name)
    }

    override suspend fun scan(): Long = albums().filter { it.watched }.sumOf { album ->
        phone.satchel().addFolder(File(folder, album.name), AddOptions(album = album.name)).added
    }
}

/** Writes down what was asked of it. */
internal class DeskErrands : Errands {
    val asked = mutableListOf<String>()

    @Volatile
    var shared: String? = null

    @Volatile
    var sharedFile: Pair<File, String>? = null

    override fun pickPhotos() {
        asked += "pick"
    }

    override fun scanCode() {
        asked += "scan"
    }

    override fun askForPhotos() {
        asked += "photos"
    }

    override fun openSignIn() {
        asked += "sign in"
    }

    override fun share(text: String) {
        shared = text
    }

    override fun shareFile(file: File, type: String) {
        sharedFile = file to type
    }

    override fun killProcess() {
        asked += "kill"
    }
}

internal class DeskMemory : Memory {
    private val kept = ConcurrentHashMap<String, String>()

    override fun get(key: String): String? = kept[key]

    override fun put(key: String, value: String?) {
        if (value == null) kept.remove(key) else kept[key] = value
    }
}

/** The demo on a desk, beside a receiver. */
internal class Desk(val folder: File, policy: Policy?) {
    val receiver = Receiver(File(folder, "store"))
    val phone = DeskPhone(File(folder, "outbox"), policy)
    val camera = File(folder, "camera").apply { mkdirs() }
    val gallery = DeskGallery(camera, phone)
    val errands = DeskErrands()

    // One thread, as the main thread of a phone.
    @OptIn(ExperimentalCoroutinesApi::class)
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default.limitedParallelism(1))
    val demo = DemoState(phone, gallery, DeskMemory(), errands, folder, scope)

    suspend fun pair() {
        phone.satchel().pair(receiver.pairingCode(), "A phone on a desk", "Ida")
    }

    /** Ends all that belongs to it. */
    fun end() {
        scope.cancel()
        receiver.close()
        real { phone.close() }
    }

    /** Waits for the words of the one sentence that is to be said. */
    suspend fun said(): String {
        until("something is said") { demo.said.value != null }
        return checkNotNull(demo.said.value).also { demo.heard() }
    }
}

/** A demo that is on the screen, paired or not, over a network that costs nothing or another. */
internal fun onDesk(
    policy: Policy? = Policy.ready(Policy.NEVER_ON_MOBILE_DATA),
    link: Link = Link.FreeWifi,
    paired: Boolean = true,
    visible: Boolean = true,
    atMost: Duration = 120.seconds,
    test: suspend Desk.() -> Unit,
) {
    val folder = createTempDirectory("satchel-demo-").toFile()
    val desk = Desk(folder, policy)
    try {
        real(atMost) {
            desk.phone.link.value = link
            if (paired) desk.pair()
            desk.demo.open()
            if (visible) desk.demo.visible(true)
            until("it is open") { desk.demo.opening.value == app.satchel.demo.state.Opening.Open }
            desk.test()
        }
    } finally {
        desk.end()
        folder.deleteRecursively()
    }
}

/** Is [T], and as such. */
internal inline fun <reified T : Any> Any?.being(): T = assertIs<T>(this)
