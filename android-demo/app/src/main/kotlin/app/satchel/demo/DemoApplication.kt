/*
 * The app's process: one outbox, and one state over all screens.
 */
package app.satchel.demo

import android.app.Application
import android.os.Build
import app.satchel.android.HasSatchel
import app.satchel.android.HostOptions
import app.satchel.android.Notices
import app.satchel.android.PhotoRules
import app.satchel.android.SatchelHost
import app.satchel.demo.state.DemoState
import app.satchel.demo.state.SettingsScreenState
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import java.io.File

class DemoApplication :
    Application(),
    HasSatchel {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    private val memory by lazy { PreferenceMemory(this) }

    /** The albums that are watched; read once, because the host keeps to them for as long as the process lives. */
    private val albums by lazy { WatchedAlbums(memory) }

    override val satchelHost: SatchelHost by lazy {
        SatchelHost(
            this,
            HostOptions(
                notices = Notices(icon = R.drawable.ic_notice),
                photos = PhotoRules(albums = albums.now),
            ),
        )
    }

    /** What screens begin outside of the app; the activity on the screen does it. */
    val errands: ScreenErrands = ScreenErrands()

    /** The pictures of assets. */
    val pictures: AndroidPictures by lazy { AndroidPictures(this) }

    /** The state over all screens. */
    val demo: DemoState by lazy {
        DemoState(
            phone = SatchelPhone(satchelHost, scope),
            gallery = RollGallery(this, satchelHost, albums, scope),
            memory = memory,
            errands = errands,
            folder = noBackupFilesDir,
            scope = scope,
            lent = File(cacheDir, "lent"),
        )
    }

    override fun onCreate() {
        super.onCreate()
        if (memory.get(SettingsScreenState.DEVICE) ==
            null
        ) {
            memory.put(SettingsScreenState.DEVICE, "${Build.MANUFACTURER} ${Build.MODEL}".take(60))
        }
        satchelHost.start()
    }
}
