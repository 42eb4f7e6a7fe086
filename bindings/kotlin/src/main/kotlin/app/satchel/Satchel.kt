package app.satchel

import app.satchel.internal.Ear
import app.satchel.internal.HostCredentials
import app.satchel.internal.HostLibrary
import app.satchel.internal.HostPreviewer
import app.satchel.internal.ProgressKeeper
import app.satchel.internal.amount
import app.satchel.internal.crossing
import app.satchel.internal.milliseconds
import app.satchel.internal.stoppable
import app.satchel.internal.toApi
import app.satchel.internal.toRaw
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.File
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import app.satchel.internal.ffi.CancelToken as RawCancelToken
import app.satchel.internal.ffi.Satchel as RawSatchel
import app.satchel.internal.ffi.isSafeToFree as rawIsSafeToFree

/**
 * An open outbox: takes what the camera made, keeps it safe, and gets it to the targets through whatever link there is.
 *
 * Methods may be called from any thread, the main thread too: none waits for disk or network but by suspending. They throw
 * [SatchelException]. Close it when it is not needed any more, best with `use`; an outbox that is not closed keeps telling.
 *
 * **Cancelling.** A cancelled [run] or [addFolder] ends when the library has stopped, and what is there by then stays there: the
 * next one goes on from it. Other calls end at once when they are cancelled; what they were to change is then changed or not,
 * never half.
 */
public class Satchel private constructor(private val raw: RawSatchel, link: Link) : AutoCloseable {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val ears: MutableSet<Ear> = ConcurrentHashMap.newKeySet()
    private val progressKeeper = ProgressKeeper()
    private val linkState = MutableStateFlow(link)

    @Volatile
    private var closed = false

    /** What opening found. */
    public val opened: Opened = raw.opened().toApi()

    /** How far it is: counts, and the uploads under way. At most ten changes a second. */
    public val progress: StateFlow<Progress> get() = progressKeeper.state

    /** The network as it was last told by [setLink]. */
    public val link: StateFlow<Link> = linkState.asStateFlow()

    /**
     * What changes, from when it is collected on: at most ten times a second. It ends when the outbox is closed; nothing is told after
     * that. A collector may take its time: when it misses something it is told [Change.Assets].
     */
    public val changes: Flow<Change> =
        flow {
            listening { told ->
                for (change in told) {
                    if (closed) return@listening
                    emit(change)
                }
            }
        }

    /**
     * Ends what is under way. Calls after it throw [SatchelException.Closed]; nothing is lost. Again does nothing. What was under
     * way may take a moment to end: [closeAndWait] waits for that.
     */
    override fun close() {
        if (shut()) raw.destroy()
    }

    /**
     * Closes it, and waits until nothing of it is under way: none of the app's own methods is called after this, and whoever opens
     * the outbox next finds it free. Not cancelled in between. Returns at once when it was closed before.
     */
    public suspend fun closeAndWait() {
        if (!shut()) return
        withContext(NonCancellable) {
            try {
                crossing { raw.closeAndWait() }
            } finally {
                raw.destroy()
            }
        }
    }

    /** Ends what is under way; false when that was done before. */
    private fun shut(): Boolean {
        synchronized(ears) {
            if (closed) return false
            closed = true
        }
        ears.forEach { it.end() }
        scope.cancel()
        raw.shut()
        return true
    }

    /**
     * Adds one file, whatever it is. When this returns, it is safe: the same path again revises its post. Cancelled, it is there or
     * not; add it again to know.
     */
    public suspend fun add(path: File, options: AddOptions = AddOptions()): Added =
        call { raw.add(path.absolutePath, options.toRaw()) }.toApi()

    /**
     * Adds an item of the [MediaLibrary] that the outbox was opened with; that opens it now, and each time that it is read. The same
     * item again revises its post; one that was edited in the library is another asset.
     */
    public suspend fun add(item: LibraryItem, options: AddOptions = AddOptions()): Added =
        call { raw.addItem(item.toRaw(), options.toRaw()) }.toApi()

    /**
     * Adds the photos and videos of a folder and of those below it. Cancelled, it stops after the batch at hand; what was added
     * stays, and the same folder again goes on.
     */
    public suspend fun addFolder(path: File, options: AddOptions = AddOptions()): FolderReport =
        stoppableCall { token -> raw.addFolder(path.absolutePath, options.toRaw(), token) }.toApi()

    /**
     * A place where the app writes a file itself, such as an export of the photo library. One that is neither committed nor discarded
     * is swept when nothing was written for a day.
     */
    public suspend fun stage(): Stage = call { raw.stage() }.toApi()

    /**
     * Adds what the app wrote, under the name that it had in the library; of a live photo the still, with its [motion]. It may be
     * repeated after a lost answer.
     */
    public suspend fun commit(
        stage: Stage,
        name: String,
        post: PostEdit = PostEdit(),
        urgent: Boolean = false,
        album: String? = null,
        motion: Motion? = null,
    ): Added = call { raw.commit(stage.id, name, post.toRaw(), urgent, album, motion?.toRaw()) }.toApi()

    /** Throws away what the app wrote. */
    public suspend fun discard(stage: Stage): Unit = call { raw.discard(stage.id) }

    /** A page of assets, newest first: those added before [before] (an [Asset.seq]), at most [limit] (1 to 1,000). */
    public suspend fun list(before: Long? = null, limit: Int = 100): List<Asset> {
        if (limit !in 1..1_000) throw SatchelException.Invalid("a page of $limit assets; it must be 1 to 1,000")
        // A long page takes milliseconds to convert: not on the main thread.
        return withContext(Dispatchers.Default) { call { raw.list(before, limit.toUInt()) }.map { it.toApi() } }
    }

    /** All assets, newest first, in pages of [pageSize] (1 to 1,000). A page is read when the one before it was taken. */
    public fun assets(pageSize: Int = 100): Flow<List<Asset>> = flow {
        var before: Long? = null
        do {
            val page = list(before, pageSize)
            if (page.isEmpty()) break
            before = page.last().seq
            emit(page)
        } while (page.size == pageSize)
    }

    /** One asset. */
    public suspend fun asset(id: AssetId): Asset = call { raw.asset(id.value) }.toApi()

    /** How many there are of each. */
    public suspend fun counts(): Counts = call { raw.counts() }.toApi()

    /** The ledger, oldest first. */
    public suspend fun ledger(): List<LedgerRow> = call { raw.ledger() }.map { it.toApi() }

    /** The targets. */
    public suspend fun targets(): List<Target> = call { raw.targets() }.map { it.toApi() }

    /** Changes what is said of an asset. */
    public suspend fun editPost(id: AssetId, edit: PostEdit): Unit = call { raw.editPost(id.value, edit.toRaw()) }

    /** Says whether an asset goes before all that is not urgent. */
    public suspend fun setUrgent(id: AssetId, urgent: Boolean): Unit = call { raw.setUrgent(id.value, urgent) }

    /** The latest requests for an asset, the newest first, at most a hundred; of each delivery the last fifty are kept. */
    public suspend fun attempts(id: AssetId): List<Attempt> = call { raw.attempts(id.value) }.map { it.toApi() }

    /** Takes an asset out of the outbox. Its file stays; a copy that the outbox made goes. */
    public suspend fun remove(id: AssetId): Unit = call { raw.remove(id.value) }

    /** Sets what is parked of an asset going again. */
    public suspend fun retry(id: AssetId): Unit = call { raw.retry(id.value) }

    /** Pauses all sending and reading, or ends the pause. Survives a restart. */
    public suspend fun pause(paused: Boolean = true): Unit = call { raw.pause(paused) }

    /** Whether it is paused. */
    public suspend fun isPaused(): Boolean = call { raw.isPaused() }

    /** Ends every wait: a person wants it tried now. */
    public suspend fun tryNow(): Unit = call { raw.tryNow() }

    /** Sets up a tus 1.0 endpoint (the address where uploads are created); its id. */
    public suspend fun setTusTarget(url: String, token: String? = null): TargetId = TargetId(call { raw.setTusTarget(url, token) })

    /**
     * Pairs this device with the receiver that showed the code (`satchel://…`); the target. A newcomer's photos are shown under the
     * contributor's name, or the device's where it is left out. Takes at most about a minute and a half.
     */
    public suspend fun pair(code: String, device: String, contributor: String? = null): Target =
        call { raw.pair(code, device, contributor) }.toApi()

    /** Gives a target's token, in place of an earlier one. */
    public suspend fun setToken(target: TargetId, token: String): Unit = call { raw.setToken(target.value, token) }

    /** Tells what network there is. What is under way over another one is cut at once. */
    public fun setLink(link: Link): Unit = synchronized(linkState) {
        checked { raw.setLink(link.toRaw()) }
        linkState.value = link
    }

    /** The network, as a person's word about it ([markNetwork]) makes it. */
    public fun effectiveLink(): Link = checked { raw.link() }.toApi()

    /** Remembers a person's word about a network, by its id ([Link.network], 1 to 256 bytes); null forgets it. */
    public suspend fun markNetwork(network: String, mark: Mark?): Unit = call { raw.markNetwork(network, mark?.toRaw()) }

    /** What was said of networks, by their ids. */
    public suspend fun networkMarks(): Map<String, Mark> = call { raw.networkMarks() }.associate { it.network to it.mark.toApi() }

    /** Tells how the device is fed. */
    public fun setPower(power: Power): Unit = checked { raw.setPower(power.toRaw()) }

    /** The rules. */
    public fun policy(): Policy = checked { raw.policy() }.toApi()

    /** Changes the rules, at once and for as long as the outbox is open. */
    public fun setPolicy(policy: Policy): Unit = checked { raw.setPolicy(policy.toRaw()) }

    /** Changes the rules, and keeps them for when the outbox is opened without any. */
    public suspend fun keepPolicy(policy: Policy): Unit = call { raw.keepPolicy(policy.toRaw()) }

    /** Sets a budget, or changes the one of this name. What was spent today by one that covers the same stays spent. */
    public suspend fun setBudget(budget: Budget): Unit = call { raw.setBudget(budget.toRaw()) }

    /** Forgets a budget; throws [SatchelException.Invalid] when there is none of this name. */
    public suspend fun removeBudget(name: String): Unit = call { raw.removeBudget(name) }

    /** The budgets, by name. */
    public suspend fun budgets(): List<BudgetState> = call { raw.budgets() }.map { it.toApi() }

    /** What sending these would cost over the link that there is, told before a byte goes; of all that is in the outbox when null. */
    public suspend fun price(assets: List<AssetId>? = null): Price = call { raw.price(assets?.map { it.value }) }.toApi()

    /**
     * Gives leave: these assets may go over the link that there is now, whatever the rules and budgets say, for at most so many billed
     * [bytes] (1 or more), and as long as it [lasts] (1 second to 30 days). Show the [price] before.
     */
    public suspend fun grant(assets: List<AssetId>, bytes: Long, lasts: Duration): GrantId =
        GrantId(call { raw.grant(assets.map { it.value }, amount(bytes), milliseconds(lasts)) })

    /**
     * Sends these now, over the link that there is: a grant of their price and a tenth more, for an hour. They go with the run that is
     * under way, or the next.
     */
    public suspend fun sendNow(assets: List<AssetId>): SentNow = call { raw.sendNow(assets.map { it.value }) }.toApi()

    /** The grants that hold. */
    public suspend fun grants(): List<Grant> = call { raw.grants() }.map { it.toApi() }

    /** Ends a grant; throws [SatchelException.Invalid] when there is none of this number. */
    public suspend fun endGrant(grant: GrantId): Unit = call { raw.endGrant(grant.value) }

    /**
     * Says what a target is not to learn from files: for all that has not gone to it yet. What cannot be freed of it is parked for this
     * target.
     */
    public suspend fun setRedaction(target: TargetId, redact: Redaction): Unit = call { raw.setRedaction(target.value, redact.toRaw()) }

    /** Says whether a tus server that is no receiver gets the press renditions besides originals. (A receiver takes all that there is.) */
    public suspend fun setPress(target: TargetId, press: Boolean): Unit = call { raw.setPress(target.value, press) }

    /**
     * Sets up the ways to a target, in place of those that there were beside the first. Throws [SatchelException.Invalid] when there is
     * no such target, or an address is none of a server, is named twice, or is no IP address; nothing is changed then.
     */
    public suspend fun setEndpoints(target: TargetId, endpoints: Endpoints): Unit =
        call { raw.setEndpoints(target.value, endpoints.toRaw()) }

    /** The ways to a target, as they were set up; throws [SatchelException.Invalid] when there is no such target. */
    public suspend fun endpointsSet(target: TargetId): Endpoints = call { raw.endpointsSet(target.value) }.toApi()

    /**
     * The ways to a target, in the order in which they are tried, and how they fare. One with configured addresses is two: by its name,
     * and by these. Throws [SatchelException.Invalid] when there is no such target.
     */
    public suspend fun endpoints(target: TargetId): List<EndpointState> = call { raw.endpoints(target.value) }.map { it.toApi() }

    /**
     * Sets a neutral address for contrast, one that nobody has a reason to block: asked when a probe fails, it tells a block from a
     * network that leads nowhere, and from a sign-in page. Over https whoever proves to be it will do; over http it must answer with an
     * empty 204. With null, no such question is asked. Throws [SatchelException.Invalid] for what is no such address.
     */
    public suspend fun setNeutral(url: String?): Unit = call { raw.setNeutral(url) }

    /** The neutral address; null where there is none. */
    public fun neutral(): String? = checked { raw.neutral() }

    /** What stood in services' places, the last seen first. */
    public suspend fun blocks(): List<BlockRecord> = call { raw.blocks() }.map { it.toApi() }

    /**
     * The page of a record, as it came: at most 65,536 bytes. It is somebody else's, and may hold scripts: show it as text. Null where
     * there is none, or it was too old to be kept.
     */
    public suspend fun blockPage(id: BlockId): ByteArray? = call { raw.blockPage(id.value) }

    /**
     * Writes all records with their pages into one JSON file, in place of what is there; how many there were. It names servers and
     * networks, and no photo.
     */
    public suspend fun exportBlocks(to: File): Long = call { raw.exportBlocks(to.absolutePath) }.toLong()

    /**
     * Does what can be done: reads, asks, sends; until nothing is due or the deadline. Only one run of an outbox goes at a time, in
     * all processes: a second one throws [SatchelException.AlreadyRunning]. To stop it, cancel the coroutine.
     */
    public suspend fun run(options: RunOptions = RunOptions()): RunReport = try {
        stoppableCall { token -> raw.run(options.toRaw(), token) }.toApi().also { progressKeeper.runEnded() }
    } catch (failure: CancellationException) {
        progressKeeper.runEnded()
        throw failure
    }

    /** When to run next, and what must be true then: for an app that sets its system's alarms anew. What could begin is due at once. */
    public suspend fun wake(): Wake = call { raw.wake() }.toApi()

    /**
     * Ends what is under way, and lets nothing new begin until [resume]: before the system freezes the process. Connections are reset
     * at once; a [run] ends as at a deadline, one that is asked for returns at once with [RunReport.stopped], and [hostSteps] gives
     * none. Everything else works as before. True when all was quiet [within] this time; if it was not, it still becomes so.
     */
    public suspend fun suspend(within: Duration): Boolean = call { raw.suspend(milliseconds(within)) }

    /** Ends a suspension. */
    public fun resume(): Unit = checked { raw.resume() }

    /**
     * For testers: what connections meet in place of the network, from now on; nothing any more when null. Those that are open are
     * reset. Throws [SatchelException.Invalid] for a rate or a latency out of range.
     */
    public fun pretend(pretend: Pretend?): Unit = checked { raw.pretend(pretend?.toRaw()) }

    /**
     * How this outbox stands, as text for people who know Satchel, with the latest lines of the log. It names no photo, no place, no
     * server and no network.
     */
    public suspend fun report(): String = call { raw.report() }

    /** Asks a target for all that was delivered to it. What a receiver has not got any more goes again with the next run. */
    public suspend fun check(target: TargetId): CheckReport = call { raw.check(target.value) }.toApi()

    /** A random id for a system that carries requests for the app, to be kept for as long as it may carry some. */
    public fun newHostId(): String = checked { raw.newHostId() }

    /**
     * Says which of its steps a host's system still carries; to be called at the app's start, before it asks for steps. The others are
     * void, which does no harm. Returns how many became void.
     */
    public suspend fun hostRunning(owner: String, leases: List<String>): Long = call { raw.hostRunning(owner, leases) }.toLong()

    /**
     * Steps for a host's system. A cancelled call returns them all the same: those that did not reach the app would be void only at the
     * next [hostRunning].
     */
    public suspend fun hostSteps(owner: String, limits: HostLimits = HostLimits()): HostSteps =
        call { withContext(NonCancellable) { raw.hostSteps(owner, limits.toRaw()) } }.toApi()

    /** Takes what came of a step; told late or twice it does no harm. */
    public suspend fun hostOutcome(lease: String, outcome: HostOutcome): Taken = call { raw.hostOutcome(lease, outcome.toRaw()) }.toApi()

    private inline fun <T> checked(call: () -> T): T {
        if (closed) throw closedException()
        return try {
            crossing(call)
        } catch (failure: IllegalStateException) {
            // The handle was freed in between.
            if (closed && failure !is CancellationException) throw closedException()
            throw failure
        }
    }

    private suspend inline fun <T> call(call: () -> T): T {
        // Who was cancelled hears of that, and not of a close that came with it: the scope would take that for a failure.
        currentCoroutineContext().ensureActive()
        return checked(call)
    }

    private suspend fun <T> stoppableCall(call: suspend (RawCancelToken) -> T): T = call { stoppable { token -> call(token) } }

    private fun closedException() = SatchelException.Closed("this outbox was closed; open it again")

    /** Listens until the outbox is closed or the collector is cancelled. */
    private suspend fun listening(tell: suspend (List<Change>) -> Unit) {
        val ear = Ear()
        listening(ear, tell)
    }

    private suspend fun listening(ear: Ear, tell: suspend (List<Change>) -> Unit) {
        ears.add(ear)
        try {
            // After it is in the set: a close that comes in between ends it.
            val observation =
                try {
                    checked { raw.observe(ear) }
                } catch (_: SatchelException.Closed) {
                    return
                }
            try {
                ear.listen(tell)
            } finally {
                observation.shut()
                observation.destroy()
            }
        } finally {
            ear.end()
            ears.remove(ear)
        }
    }

    /** Begins to follow the progress; returns when its first value is there. */
    private suspend fun follow() {
        val ear = Ear()
        // Undispatched, so that the library tells of changes from before the counts are read.
        scope.launch(start = CoroutineStart.UNDISPATCHED) {
            listening(ear) { told -> progressKeeper.changed(told) { countsOrNull() } }
        }
        progressKeeper.begin(counts())
    }

    private suspend fun countsOrNull(): Counts? = try {
        counts()
    } catch (_: SatchelException) {
        // The next change asks again.
        null
    }

    /** Opening. */
    public companion object {
        /**
         * Opens an outbox, and loads its targets' tokens from the app's [credentials]. Without those, tokens are forgotten when it is
         * closed. Items of the app's media [library] are opened through it; without it, those that were added earlier wait. Of what
         * Satchel cannot read by itself, such as videos, the [previewer] makes pictures; without it such posts go without a preview.
         */
        public suspend fun open(
            config: Config,
            credentials: Credentials? = null,
            library: MediaLibrary? = null,
            previewer: Previewer? = null,
        ): Satchel {
            currentCoroutineContext().ensureActive()
            var made: Satchel? = null
            try {
                // Off the caller's thread, because the first time it loads the library. Not cancelled in between, because an outbox that
                // nobody got could not be closed.
                withContext(NonCancellable + Dispatchers.IO) {
                    val raw =
                        crossing {
                            RawSatchel.open(
                                config.toRaw(),
                                credentials?.let(::HostCredentials),
                                library?.let(::HostLibrary),
                                previewer?.let(::HostPreviewer),
                            )
                        }
                    val opened = Satchel(raw, config.link).also { made = it }
                    opened.setLink(config.link)
                    opened.follow()
                }
                currentCoroutineContext().ensureActive()
                return checkNotNull(made)
            } catch (failure: Exception) {
                made?.close()
                throw failure
            }
        }
    }
}

/** Whether what was delivered with this proof may be deleted on the device. */
public val Proof.isSafeToFree: Boolean get() = rawIsSafeToFree(toRaw())
