/*
 * A phone for tests: Robolectric's framework, with the real library of Rust in the same process, and a receiver beside it.
 */
package app.satchel.android

import android.app.Application
import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkInfo
import android.os.Looper
import android.os.PersistableBundle
import app.satchel.Asset
import app.satchel.AssetId
import app.satchel.AssetState
import app.satchel.Credentials
import app.satchel.InFolder
import app.satchel.Keys
import app.satchel.Policy
import app.satchel.android.jobs.JobKind
import app.satchel.android.photos.MediaStoreShelf
import app.satchel.android.photos.PhotoShelf
import app.satchel.until
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowJobService
import org.robolectric.shadows.ShadowNetwork
import org.robolectric.shadows.ShadowNetworkCapabilities
import org.robolectric.shadows.ShadowNetworkInfo
import org.robolectric.util.ReflectionHelpers
import kotlin.time.Clock
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** The app of the tests. */
internal class TestApp :
    Application(),
    HasSatchel {
    lateinit var host: SatchelHost
    override val satchelHost: SatchelHost get() = host
}

/** A clock that a test sets. */
internal class SetClock(var instant: Instant = Clock.System.now()) : Clock {
    override fun now(): Instant = instant
}

/** A test on a phone. Its folder, and all that was opened, goes when it ends. */
@Suppress("DEPRECATION")
@RunWith(PhoneRunner::class)
@Config(application = TestApp::class, sdk = [35], shadows = [ShadowVolumes::class])
internal abstract class OnPhone : InFolder() {
    protected val app: Application get() = RuntimeEnvironment.getApplication()
    protected val keys = Keys()
    protected val clock = SetClock()
    private val hosts = mutableListOf<SatchelHost>()

    protected val scheduler: JobScheduler get() = checkNotNull(app.getSystemService(JobScheduler::class.java))
    protected val connectivity: ConnectivityManager get() = checkNotNull(app.getSystemService(ConnectivityManager::class.java))

    /** A new start of the app: another host on the same folder. */
    protected fun start(
        options: HostOptions = HostOptions(),
        credentials: (Context) -> Credentials = { keys },
        shelf: (Context) -> PhotoShelf = ::MediaStoreShelf,
    ): SatchelHost {
        val all = options.copy(folder = options.folder ?: folder.resolve("outbox"), policy = options.policy ?: Policy.overAnyLink())
        val parts =
            HostParts(clock, credentials, { AndroidMediaLibrary(it, folder.resolve("staged"), TestDescriptors) }, shelf, 50.milliseconds)
        return SatchelHost(app, all, parts).also {
            (app as TestApp).host = it
            hosts += it
            it.start()
        }
    }

    @After
    fun end() = runBlocking { hosts.forEach { it.end() } }

    /** The jobs of a kind that are set. */
    protected fun set(kind: JobKind): List<JobInfo> = scheduler.allPendingJobs.filter { it.extras.getString("satchel.kind") == kind.name }

    /** No network at first: Robolectric has some by itself. */
    @Before
    fun offline() = shadowOf(connectivity).setDefaultNetworkActive(false)

    /** A network: the phone's choice, or one that is there besides. */
    protected fun network(
        id: Int = 7,
        transport: Int = NetworkCapabilities.TRANSPORT_WIFI,
        capabilities: List<Int> = FREE,
        upKilobits: Int = 0,
        isChosen: Boolean = true,
    ): Network {
        val made = ShadowNetwork.newInstance(id)
        val able = ShadowNetworkCapabilities.newInstance()
        val shadow = shadowOf(connectivity)
        shadowOf(able).clearCapabilities()
        shadowOf(able).addTransportType(transport)
        // Older systems know fewer.
        for (one in capabilities) if (one <= NetworkCapabilities.NET_CAPABILITY_CAPTIVE_PORTAL || isLater) shadowOf(able).addCapability(one)
        if (upKilobits > 0) shadowOf(able).setLinkUpstreamBandwidthKbps(upKilobits)
        shadow.setNetworkCapabilities(made, able)
        if (isChosen) {
            // The shadow finds the phone's choice by what stands for its type.
            val info = ShadowNetworkInfo.newInstance(NetworkInfo.DetailedState.CONNECTED, id, 0, true, NetworkInfo.State.CONNECTED)
            shadow.addNetwork(made, info)
            shadow.setActiveNetworkInfo(info)
            shadow.setDefaultNetworkActive(true)
            for (callback in shadow.networkCallbacks) callback.onCapabilitiesChanged(made, able)
        }
        return made
    }

    private val isLater get() = RuntimeEnvironment.getApiLevel() >= 28

    /** The system calls a job. */
    protected fun <T : JobService> call(service: Class<T>, job: JobInfo, network: Network? = null): Call<T> {
        val made = Robolectric.buildService(service).create().get()
        val params = parameters(job.id, job.extras, network)
        val call = Call(made, params)
        check(made.onStartJob(params)) { "the job does not go on" }
        return call
    }

    /** A job that was called. */
    inner class Call<T : JobService>(val service: T, val params: JobParameters) {
        val isFinished: Boolean get() = Shadow.extract<ShadowJobService>(service).isJobFinished

        suspend fun finished() = until("the job finishes", 60.seconds) { isFinished }.also { over() }

        /** The system ends it; whether it is to be called again by the system. */
        fun stop(reason: Int): Boolean {
            if (RuntimeEnvironment.getApiLevel() >= 31) ReflectionHelpers.setField(params, "mStopReason", reason)
            return service.onStopJob(params).also { again -> if (!again) over() }
        }

        /** A job that is over is not set any more. */
        private fun over() = scheduler.cancel(params.jobId)
    }

    protected fun parameters(id: Int, extras: PersistableBundle, network: Network?): JobParameters {
        val params = Shadow.newInstanceOf(JobParameters::class.java)
        ReflectionHelpers.setField(params, "jobId", id)
        ReflectionHelpers.setField(params, "extras", extras)
        if (RuntimeEnvironment.getApiLevel() >=
            28
        ) {
            ReflectionHelpers.setField(params, if (RuntimeEnvironment.getApiLevel() >= 34) "mNetwork" else "network", network)
        }
        return params
    }

    /** Runs until an asset is delivered; as it is then. */
    protected suspend fun SatchelHost.deliver(id: AssetId): Asset {
        until("delivered", 60.seconds) {
            satchel().tryNow()
            run()
            satchel().asset(id).state is AssetState.Delivered
        }
        return satchel().asset(id)
    }

    protected fun idle() = shadowOf(Looper.getMainLooper()).idle()

    protected companion object {
        const val INTERNET = NetworkCapabilities.NET_CAPABILITY_INTERNET
        const val VALIDATED = NetworkCapabilities.NET_CAPABILITY_VALIDATED
        const val NOT_METERED = NetworkCapabilities.NET_CAPABILITY_NOT_METERED
        const val NOT_ROAMING = NetworkCapabilities.NET_CAPABILITY_NOT_ROAMING
        const val CAPTIVE = NetworkCapabilities.NET_CAPABILITY_CAPTIVE_PORTAL
        val FREE = listOf(INTERNET, VALIDATED, NOT_METERED, NOT_ROAMING)
        val COSTS = listOf(INTERNET, VALIDATED, NOT_ROAMING)
    }
}
