package app.satchel.android

import android.app.Activity
import android.app.Application
import android.os.Bundle

/** Calls [come] each time that one of the app's activities comes to the front. */
internal class Front(private val come: () -> Unit) : Application.ActivityLifecycleCallbacks {
    override fun onActivityResumed(activity: Activity): Unit = come()

    override fun onActivityCreated(activity: Activity, state: Bundle?) {}

    override fun onActivityStarted(activity: Activity) {}

    override fun onActivityPaused(activity: Activity) {}

    override fun onActivityStopped(activity: Activity) {}

    override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) {}

    override fun onActivityDestroyed(activity: Activity) {}
}
