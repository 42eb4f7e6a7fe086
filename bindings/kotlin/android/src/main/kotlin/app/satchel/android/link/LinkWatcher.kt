/*
 * The network as the system tells of it, from the first moment on.
 */
package app.satchel.android.link

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.net.ConnectivityManager
import android.net.LinkProperties
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import app.satchel.Link
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/**
 * Watches the network that this app's bytes go over: the system's choice, or, while a job runs, the one that the job was given.
 *
 * @param tell called with each change, on a thread of the system's; what it does, it does before the next change is told.
 */
internal class LinkWatcher(context: Context, private val tell: (Link) -> Unit) {
    private val system = context
    private val connectivity: ConnectivityManager by lazy { checkNotNull(context.getSystemService(ConnectivityManager::class.java)) }
    private val reader by lazy { NetworkReader(context, connectivity) }
    private val state = MutableStateFlow(Link())
    private var chosen: SeenNetwork? = null
    private val bound = mutableListOf<Bound>()
    private var started = false
    private var isRefused = false

    /** The link as it is. */
    val link: StateFlow<Link> = state.asStateFlow()

    /** Begins to watch; again does nothing. */
    @Synchronized
    fun start() {
        if (started) return
        started = true
        val active = active()
        chosen = active?.let(::read)
        isRefused = !asked { connectivity.registerDefaultNetworkCallback(Callback(active, chosen) { chosen = it }) }
        val changes = IntentFilter(ConnectivityManager.ACTION_RESTRICT_BACKGROUND_CHANGED)
        // What was read once does not hold for long: it would send over mobile data what was meant for a Wi-Fi.
        @Suppress("DEPRECATION")
        if (isRefused) changes.addAction(ConnectivityManager.CONNECTIVITY_ACTION)
        system.registerReceiver(
            object : BroadcastReceiver() {
                override fun onReceive(context: Context, intent: Intent) = change { if (isRefused) chosen = active()?.let(::read) }
            },
            changes,
        )
        change {}
    }

    /**
     * Some phones refuse: with "Package android does not belong to …" on the first builds of Android 11, and where an app has filed too
     * many requests. That is no reason to end the app.
     */
    private fun asked(what: () -> Unit): Boolean = try {
        what()
        true
    } catch (_: RuntimeException) {
        false
    }

    private fun active(): Network? = try {
        connectivity.activeNetwork
    } catch (_: SecurityException) {
        null
    }

    private fun read(network: Network): SeenNetwork? = try {
        reader.read(network)
    } catch (_: SecurityException) {
        null
    }

    /** Goes by this network, whatever the system's choice is, until it is closed. */
    @Synchronized
    fun bind(network: Network): AutoCloseable = Bound(network).also {
        bound += it
        it.watch()
        change {}
    }

    /** What a job is bound to. */
    private inner class Bound(val network: Network) : AutoCloseable {
        var seen: SeenNetwork? = read(network)
        private var isWatched = false
        private val callback = Callback(network, seen, only = network) { seen = it }

        fun watch() {
            val any = NetworkRequest.Builder().removeCapability(NetworkCapabilities.NET_CAPABILITY_NOT_VPN).build()
            isWatched = asked { connectivity.registerNetworkCallback(any, callback) }
        }

        override fun close() {
            if (isWatched) connectivity.unregisterNetworkCallback(callback)
            change { bound -= this }
        }
    }

    @Synchronized
    private fun change(what: () -> Unit) {
        what()
        val goesBy = bound.lastOrNull()
        val now = linkOf(if (goesBy != null) goesBy.seen else chosen, reader.isSavingData())
        if (state.value == now) return
        state.value = now
        tell(now)
    }

    /** The system's calls, after what was known before; of [only] one network where that is given. */
    private inner class Callback(
        private var latestNetwork: Network?,
        private var latest: SeenNetwork?,
        private val only: Network? = null,
        private val set: (SeenNetwork?) -> Unit,
    ) : ConnectivityManager.NetworkCallback() {
        override fun onCapabilitiesChanged(network: Network, capabilities: NetworkCapabilities) = see(network) { before ->
            reader.read(network, capabilities, before)
        }

        override fun onLinkPropertiesChanged(network: Network, properties: LinkProperties) = see(network) { before ->
            before?.let { reader.read(network, properties, it) }
        }

        override fun onBlockedStatusChanged(network: Network, blocked: Boolean) = see(network) { before -> before?.copy(blocked = blocked) }

        override fun onLost(network: Network) {
            if (only != null && network != only) return
            change {
                // Of the system's choice, the next one is told before the last one is lost, or none is left.
                if (latestNetwork == network) {
                    latest = null
                    set(null)
                }
            }
        }

        private fun see(network: Network, made: (SeenNetwork?) -> SeenNetwork?) {
            if (only != null && network != only) return
            change {
                latest = made(latest.takeIf { latestNetwork == network })
                latestNetwork = network
                latest?.let(set)
            }
        }
    }
}
