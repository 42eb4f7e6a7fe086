package app.satchel.android

import android.app.Application
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Build
import app.satchel.AddKind
import app.satchel.AddOptions
import app.satchel.AssetId
import app.satchel.Change
import app.satchel.Config
import app.satchel.Credentials
import app.satchel.LibraryItem
import app.satchel.Link
import app.satchel.MediaLibrary
import app.satchel.PostEdit
import app.satchel.Power
import app.satchel.Previewer
import app.satchel.Satchel
import app.satchel.SatchelException
import app.satchel.SentNow
import app.satchel.Wake
import app.satchel.android.jobs.AfterRun
import app.satchel.android.jobs.Awake
import app.satchel.android.jobs.JobBoard
import app.satchel.android.jobs.JobCalls
import app.satchel.android.jobs.JobInfos
import app.satchel.android.jobs.JobPlan
import app.satchel.android.jobs.NoticeBoard
import app.satchel.android.jobs.SendNowService
import app.satchel.android.jobs.Work
import app.satchel.android.jobs.standbyBucket
import app.satchel.android.jobs.stopOf
import app.satchel.android.keys.userRoots
import app.satchel.android.link.LinkWatcher
import app.satchel.android.link.PowerWatcher
import app.satchel.android.photos.MediaStoreShelf
import app.satchel.android.photos.PhotoItem
import app.satchel.android.photos.PhotoMarks
import app.satchel.android.photos.PhotoScan
import app.satchel.android.photos.PhotoShelf
import app.satchel.android.photos.nameOf
import app.satchel.android.photos.refusal
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.io.File
import java.util.Collections
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/**
 * Satchel on this phone: the one open outbox of the process, told of network and power, woken by jobs, and fed with new photos.
 *
 * Made once, by the app's `Application` ([HasSatchel]), and started in its `onCreate`. All of it may be called on the main thread: what
 * waits for disk or network suspends.
 */
public class SatchelHost internal constructor(context: Context, private val options: HostOptions, private val parts: HostParts) {
    /** Makes the host; it begins with [start]. */
    public constructor(context: Context, options: HostOptions = HostOptions()) : this(context, options, HostParts())

    private val context: Context = if (context is Application) context else context.applicationContext ?: context
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val clock: Clock get() = parts.clock
    private val telling = Any()
    private val opening = Mutex()
    private val scanning = Mutex()
    private val lastStopState = MutableStateFlow<Stop?>(null)
    private val troubleState = MutableStateFlow<Exception?>(null)
    private val photosState = MutableStateFlow(PhotoAccess())

    @Volatile
    private var opened: Satchel? = null

    @Volatile
    private var notBefore: Instant? = null
    private var started = false
    private val foreground: MutableSet<Job> = Collections.synchronizedSet(mutableSetOf())

    private val home: File by lazy { this.context.noBackupFilesDir }
    private val credentials: Credentials by lazy { parts.credentials(this.context) }
    private val library: MediaLibrary by lazy { parts.library(this.context) }
    private val previewer: Previewer by lazy { AndroidPreviewer(this.context) }
    private val shelf: PhotoShelf by lazy { parts.shelf(this.context) }
    private val marks by lazy { PhotoMarks(File(home, "satchel-photos")) }
    private val board: JobBoard by lazy {
        val scheduler = checkNotNull(this.context.getSystemService(JobScheduler::class.java))
        JobBoard(scheduler, JobInfos(this.context, options.firstJobId), clock)
    }
    private val work = Work(::satchel)
    private val powerWatcher = PowerWatcher(this.context) { told -> synchronized(telling) { opened?.setPower(told) } }

    internal val linkWatcher: LinkWatcher = LinkWatcher(this.context) { tellLink() }
    internal val jobCalls: JobCalls by lazy { JobCalls(this, scope, board, clock) }
    internal val notices: NoticeBoard = NoticeBoard(this.context, options.notices)

    /** The network that this app's bytes go over, as the phone sees it. */
    public val link: StateFlow<Link> get() = linkWatcher.link

    /** How the phone is fed. */
    public val power: StateFlow<Power> get() = powerWatcher.power

    /** What of the phone's photos may be seen. Looked at again when the app comes to the front, and by each scan. */
    public val photos: StateFlow<PhotoAccess> = photosState.asStateFlow()

    /** Why the system last ended a job before it was done; null when it never did in this process. */
    public val lastStop: StateFlow<Stop?> = lastStopState.asStateFlow()

    /** What last failed in the background, where no caller hears of it; it is tried again. A [SatchelException]'s words are for a person. */
    public val trouble: StateFlow<Exception?> = troubleState.asStateFlow()

    /** For testers: told to the outbox in place of what the phone sees; null ends that. */
    @Volatile
    public var pretendLink: Link? = null
        set(value) {
            field = value
            tellLink()
        }

    /**
     * Begins to watch network and power, and sees to it that jobs are set; again does nothing. Called in `Application.onCreate`; it
     * never waits.
     */
    public fun start() {
        synchronized(telling) {
            if (started) return
            started = true
        }
        linkWatcher.start()
        powerWatcher.start()
        (context as? Application)?.registerActivityLifecycleCallbacks(Front(::cameToFront))
        scope.launch {
            quietly {
                photosState.value = access()
                if (marks.load().on) board.setPhotos(true)
                // One that is set stays as it is: this start may be its call.
                if (!board.isUploadSet()) reschedule()
            }
        }
    }

    /** No job is called for leave that was given, or for what a person selected in addition. */
    private fun cameToFront() {
        val before = photosState.value.reach
        val now = access()
        photosState.value = now
        if (now.reach == PhotoReach.None || (now.reach == PhotoReach.All && before == PhotoReach.All)) return
        scope.launch { quietly { if (marks.load().on) scanPhotos() } }
    }

    /** The one open outbox of this process. The first call opens it, and one after it failed tries again. Nobody closes it. */
    public suspend fun satchel(): Satchel {
        opened?.let { return it }
        return opening.withLock {
            // The phone's certificates and its key store are read from the disk.
            opened ?: withContext(Dispatchers.IO + NonCancellable) { open() }
        }
    }

    private suspend fun open(): Satchel {
        val roots = options.extraRoots + if (options.userRoots) userRoots() else emptyList()
        val config = Config(options.folder ?: File(home, "satchel"), options.policy, pretendLink ?: link.value, roots)
        val satchel =
            try {
                Satchel.open(config, credentials, library, previewer)
            } catch (_: SatchelException.Host) {
                // The key store is shut for now: adding works all the same, and sending waits for its tokens.
                Satchel.open(config, null, library, previewer).also(::fetchTokensLater)
            }
        synchronized(telling) {
            opened = satchel
            satchel.setLink(pretendLink ?: link.value)
            satchel.setPower(power.value)
        }
        scope.launch { followChanges(satchel) }
        return satchel
    }

    private fun fetchTokensLater(satchel: Satchel) = scope.launch {
        do {
            delay(parts.keysAgain)
            val fetched =
                quietly { for (target in satchel.targets()) credentials.load(target.url)?.let { satchel.setToken(target.id, it) } }
        } while (fetched == null)
    }

    /** What was added by the app itself needs a job too; asked for when a burst is over. */
    private suspend fun followChanges(satchel: Satchel) = coroutineScope {
        var due: Job? = null
        satchel.changes.collect { change ->
            if (change !is Change.Assets) return@collect
            due?.cancelAndJoin()
            due =
                launch {
                    delay(BURST)
                    quietly { reschedule() }
                }
        }
    }

    private fun tellLink() = synchronized(telling) { opened?.setLink(pretendLink ?: link.value) }

    /**
     * Asks the outbox when it is to run next and needing what, and sets the jobs for that. What is set already stays as it is. Called by
     * itself after photos were added; by the app after it changed rules, budgets or marks, and when a pause ends.
     */
    public suspend fun reschedule() {
        val wake = work.wake()
        val floor = notBefore?.takeIf { it > clock.now() }
        if (wake != null) return set(wake, floor ?: AfterRun.vain(wake, link.value, power.value, clock.now()))
        // It runs just now, and sets the jobs when it ends. Should the process be killed before that, this one is there.
        if (floor != null || !board.isUploadSet()) setLater()
    }

    private fun setLater() = set(Wake(at = clock.now() + JobPlan.NOT_AGAIN), notBefore)

    private fun set(wake: Wake, floor: Instant?) = board.set(JobPlan.of(wake, clock.now(), Build.VERSION.SDK_INT, floor, link.value))

    /**
     * Does now, in this process, what can be done, until nothing is due or for [atMost], and sets the jobs for the rest. For when the
     * app is visible, or from a worker of its own. It waits while a job does it, where [Satchel.run] would be refused. Cancelled, it
     * ends what is under way, and loses nothing.
     */
    public suspend fun run(atMost: Duration = A_RUN): Wake {
        val wake = work.run(atMost)
        set(wake, notBefore ?: AfterRun.floor(wake, link.value, power.value, clock.now()))
        return wake
    }

    /**
     * Sends these now, over the link that there is, whatever the rules say: a person wants it and saw its price. Called while the app
     * is visible. It goes on when the app is left: by a user-initiated job (API 34), an expedited one (31) or a service in the
     * foreground, with a notification.
     */
    public suspend fun sendNow(assets: List<AssetId>): SentNow {
        val sent = satchel().sendNow(assets)
        // What was stopped or spent before: a person wants it all the same.
        notBefore = null
        val bytes = sent.price.payloadBytes
        val level = Build.VERSION.SDK_INT
        val taken = (level >= 34 && board.setUserInitiated(bytes)) || (level >= 31 && board.setExpedited(bytes))
        if (!taken && level < 31) startForeground()
        quietly { reschedule() }
        return sent
    }

    private fun startForeground() {
        val intent = Intent(context, SendNowService::class.java)
        try {
            if (Build.VERSION.SDK_INT >= 26) inForeground(intent) else context.startService(intent)
        } catch (_: IllegalStateException) {
            // The app is not visible any more. The jobs do it.
        }
    }

    @RequiresLevel(26)
    private fun inForeground(intent: Intent) = context.startForegroundService(intent)

    /**
     * Adds what a person picked or shared from another app (`content://`). The bytes are copied into the outbox, because the address is
     * good only for now: call it before the activity that got them ends.
     */
    public suspend fun addShared(uris: List<Uri>, post: PostEdit = PostEdit(), album: String? = null): List<SharedAdd> {
        val satchel = satchel()
        val added = uris.map { uri -> addShared(satchel, uri, AddOptions(post, copy = true, album = album)) }
        quietly { reschedule() }
        return added
    }

    private suspend fun addShared(satchel: Satchel, uri: Uri, options: AddOptions): SharedAdd {
        withContext(Dispatchers.IO) { refusal(context, uri) }?.let { return SharedAdd(uri, null, it) }
        val name = withContext(Dispatchers.IO) { nameOf(context, uri) }
        return try {
            SharedAdd(uri, satchel.add(LibraryItem(uri.toString(), name), options))
        } catch (failure: SatchelException) {
            SharedAdd(uri, null, failure.message)
        }
    }

    /** Adds new photos and videos of the phone by themselves from now on, or no more. Survives a restart. */
    public suspend fun watchPhotos(on: Boolean) {
        withContext(Dispatchers.IO) { marks.change { it.copy(on = on, since = it.since ?: options.photos.since ?: clock.now()) } }
        board.setPhotos(on)
        if (on) scanPhotos()
    }

    /** Whether new photos are added by themselves. */
    public suspend fun watchesPhotos(): Boolean = withContext(Dispatchers.IO) { marks.load().on }

    /** Adds what came to the phone's library since the last scan; with partial access, what is visible and was not seen. */
    public suspend fun scanPhotos(): ScanReport {
        val report =
            scanning.withLock {
                val satchel = satchel()
                withContext(Dispatchers.IO) {
                    photosState.value = access()
                    PhotoScan(shelf, marks, options.photos) { add(satchel, it) }.scan(clock.now())
                }
            }
        if (report.added > 0) quietly { reschedule() }
        return report
    }

    private suspend fun add(satchel: Satchel, photo: PhotoItem): AddKind =
        satchel.add(LibraryItem(photo.uri, nameOf(photo)), AddOptions(album = photo.album?.take(MOST_OF_ALBUM))).kind

    private fun access(): PhotoAccess = (shelf as? MediaStoreShelf)?.access() ?: PhotoAccess(shelf.reach())

    /**
     * A job's work: what is new, then all that can go, then the next jobs. One that [gives] way ends while another job sends: it would
     * use up the app's time in the background by waiting.
     */
    internal suspend fun upload(service: JobService, params: JobParameters, atMost: Duration, gives: Boolean = false) {
        val notice = notices.of(service, params)
        if (marks.load().on) {
            board.setPhotos(true)
            quietly { scanPhotos() }
        }
        if (gives && work.isUnderWay) return setLater()
        val wake = noticing(notice) { work.run(atMost) }
        notBefore = null
        set(wake, AfterRun.floor(wake, link.value, power.value, clock.now()))
    }

    /** The work of the job that the phone's library calls. */
    internal suspend fun photosCame() {
        // Before the scan: what changes while it goes on calls again.
        board.setPhotos(marks.load().on)
        scanPhotos()
        // Where two were called at once, none was free before: and what came since then, nobody is called for.
        if (board.setPhotos(marks.load().on)) scanPhotos()
        reschedule()
    }

    private suspend fun <T> noticing(id: Int?, what: suspend () -> T): T = coroutineScope {
        val showing = id?.let { launch { showProgress(it) } }
        try {
            what()
        } finally {
            withContext(NonCancellable) { showing?.cancelAndJoin() }
            id?.let(notices::clear)
        }
    }

    private suspend fun showProgress(id: Int) {
        val satchel = satchel()
        while (true) {
            notices.show(id, satchel.progress.value.counts.run { open + unread })
            delay(NOTICE)
        }
    }

    /** The system ended a job; what that means for the next ones. */
    internal fun stopped(reason: StopReason): Stop {
        val stop = stopOf(reason, standbyBucket(context), clock.now())
        lastStopState.value = stop
        if (stop.notBefore != null) notBefore = stop.notBefore
        return stop
    }

    internal fun afterBoot(done: () -> Unit) {
        scope.launch {
            try {
                quietly {
                    val watches = marks.load().on
                    if (watches) board.setPhotos(true)
                    reschedule()
                    // A receiver may take ten seconds. What is left over, the next job's scan does.
                    if (watches) withTimeoutOrNull(BOOT) { scanPhotos() }
                }
            } finally {
                done()
            }
        }
    }

    internal fun notice(action: String?, done: () -> Unit) {
        scope.launch {
            try {
                quietly {
                    if (action == NoticeBoard.PAUSE) satchel().pause()
                    if (action == NoticeBoard.PAUSE || action == NoticeBoard.STOP) {
                        stopped(StopReason.Person)
                        jobCalls.stopAll()
                        foregroundEnded()
                    }
                    reschedule()
                }
            } finally {
                done()
            }
        }
    }

    internal fun sendInForeground(done: () -> Unit) {
        // A job keeps the phone awake by itself, a service does not.
        val awake = Awake(context, FOREGROUND)
        val sending =
            scope.launch {
                quietly {
                    val wake = noticing(notices.serviceId) { work.run(FOREGROUND) }
                    set(wake, AfterRun.floor(wake, link.value, power.value, clock.now()))
                }
            }
        // One may be asked for while another goes: a stop is for all of them.
        foreground += sending
        sending.invokeOnCompletion {
            foreground -= sending
            awake.close()
            done()
        }
    }

    internal fun foregroundEnded(): Unit = synchronized(foreground) { foreground.toList() }.forEach { it.cancel() }

    /** Ends all of it, for tests: as if the process ended, and waits for that. */
    internal suspend fun end() {
        jobCalls.stopAll()
        scope.coroutineContext.job.cancelAndJoin()
        opened?.closeAndWait()
    }

    /** Does what may fail without harm, since it is tried again; null when it failed. In an app nobody would catch it. */
    private suspend fun <T> quietly(what: suspend () -> T): T? = try {
        what()
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (failure: Exception) {
        failed(failure)
        null
    }

    /** Something in the background failed. */
    internal fun failed(failure: Exception) {
        troubleState.value = failure
    }

    private companion object {
        val BURST = 2.seconds
        val NOTICE = 1.seconds
        val BOOT = 7.seconds
        val FOREGROUND = 6.hours
        val A_RUN = 9.minutes
        const val MOST_OF_ALBUM = 200
    }
}
