/*
 * A phone that refuses to tell of changes, as some do: "Package android does not belong to 10123" on the first builds of Android 11,
 * and "Too many NetworkRequests filed".
 */
package app.satchel.android

import android.net.ConnectivityManager
import android.net.ConnectivityManager.NetworkCallback
import android.net.NetworkRequest
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowConnectivityManager

@Implements(ConnectivityManager::class)
internal class ShadowRefusing : ShadowConnectivityManager() {
    @Implementation
    public override fun registerDefaultNetworkCallback(callback: NetworkCallback): Unit =
        throw SecurityException("Package android does not belong to 10123")

    @Implementation
    public override fun registerNetworkCallback(request: NetworkRequest, callback: NetworkCallback): Unit =
        throw IllegalStateException("Too many NetworkRequests filed")
}
