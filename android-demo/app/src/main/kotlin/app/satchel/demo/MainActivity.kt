/*
 * The app's activity: shows the screens, edge to edge, and does what they begin outside of the app.
 */
package app.satchel.demo

import android.content.ActivityNotFoundException
import android.content.ClipData
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.os.Process
import android.provider.Settings
import androidx.activity.ComponentActivity
import androidx.activity.compose.BackHandler
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.result.ActivityResultLauncher
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts
import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.core.content.FileProvider
import app.satchel.demo.state.DemoState
import app.satchel.demo.state.Errands
import app.satchel.demo.state.Tab
import app.satchel.demo.ui.DemoApp
import app.satchel.demo.ui.DemoTheme
import app.satchel.demo.ui.LocalPictures
import kotlinx.coroutines.launch
import java.io.File

class MainActivity :
    ComponentActivity(),
    Errands {
    private val app: DemoApplication get() = application as DemoApplication
    private val demo: DemoState get() = app.demo
    private val codePicture by lazy { CodePicture(this) }
    private lateinit var picker: ActivityResultLauncher<PickVisualMediaRequest>
    private lateinit var camera: ActivityResultLauncher<Uri>
    private lateinit var photos: ActivityResultLauncher<Array<String>>
    private lateinit var notices: ActivityResultLauncher<String>

    override fun onCreate(savedInstanceState: Bundle?) {
        enableEdgeToEdge()
        super.onCreate(savedInstanceState)
        picker = registerForActivityResult(ActivityResultContracts.PickMultipleVisualMedia(MOST)) { picked(it) }
        camera = registerForActivityResult(ActivityResultContracts.TakePicture()) { taken -> if (taken) codeTaken() }
        photos = registerForActivityResult(ActivityResultContracts.RequestMultiplePermissions()) { photosAnswered() }
        notices = registerForActivityResult(ActivityResultContracts.RequestPermission()) { }
        if (savedInstanceState == null) linked(intent)
        demo.open()
        setContent {
            val dark = isSystemInDarkTheme()
            DemoTheme(dark, wallpaperColours(this, dark)) {
                CompositionLocalProvider(LocalPictures provides app.pictures) {
                    Back()
                    AskForNotices()
                    DemoApp(demo)
                }
            }
        }
    }

    /** Back closes what lies above, then leads to the outbox, then out of the app. */
    @androidx.compose.runtime.Composable
    private fun Back() {
        val shown by demo.shown.collectAsState()
        val tab by demo.tab.collectAsState()
        val outbox by demo.outbox.ui.collectAsState()
        BackHandler(tab != Tab.Outbox) { demo.go(Tab.Outbox) }
        BackHandler(outbox.selected.isNotEmpty()) { demo.outbox.clearSelection() }
        BackHandler(shown != null) { demo.closeAsset() }
    }

    /** Notifications are asked for when they are of use first: at the first price. */
    @androidx.compose.runtime.Composable
    private fun AskForNotices() {
        val outbox by demo.outbox.ui.collectAsState()
        LaunchedEffect(outbox.price != null) {
            val permission = noticePermission
            if (outbox.price != null && permission != null && checkSelfPermission(permission) != PackageManager.PERMISSION_GRANTED) {
                if (demo.memory.get(ASKED) == null) notices.launch(permission)
                demo.memory.put(ASKED, "yes")
            }
        }
    }

    override fun onStart() {
        super.onStart()
        app.errands.screen = this
        demo.visible(true)
    }

    override fun onStop() {
        demo.visible(false)
        if (app.errands.screen === this) app.errands.screen = null
        super.onStop()
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        linked(intent)
    }

    private fun linked(intent: Intent) {
        val code = intent.takeIf { it.action == Intent.ACTION_VIEW }?.dataString ?: return
        demo.settings.linked(code)
    }

    override fun pickPhotos(): Unit = picker.launch(PickVisualMediaRequest(ActivityResultContracts.PickVisualMedia.ImageAndVideo))

    private fun picked(uris: List<Uri>) {
        if (uris.isEmpty()) return
        demo.act {
            val added = app.satchelHost.addShared(uris)
            demo.outbox.picked(added.count { it.added != null }, added.firstNotNullOfOrNull { it.problem })
            added.forEach { one -> one.added?.let { app.pictures.keep(it.id, one.uri) } }
            demo.outbox.picked(0)
        }
    }

    override fun scanCode() {
        try {
            camera.launch(codePicture.address())
        } catch (_: ActivityNotFoundException) {
            demo.say("There is no camera app on this phone. Type the code.")
        }
    }

    private fun codeTaken() {
        demo.scope.launch { demo.settings.scanned(codePicture.read()) }
    }

    override fun askForPhotos(): Unit = photos.launch(photoPermissions())

    private fun photosAnswered() {
        demo.scope.launch {
            // A scan looks anew at what may be seen.
            app.demo.act { app.satchelHost.scanPhotos() }.join()
            demo.settings.photosAnswered()
        }
    }

    override fun openSignIn() {
        // The system's own list of networks, with its "Sign in": the page opens over that network, whatever else there is.
        val action = if (Build.VERSION.SDK_INT >= 29) Settings.Panel.ACTION_INTERNET_CONNECTIVITY else Settings.ACTION_WIFI_SETTINGS
        start(Intent(action), "Open the phone’s Wi-Fi settings by hand.")
    }

    override fun share(text: String) {
        val send = Intent(Intent.ACTION_SEND).setType("text/plain").putExtra(Intent.EXTRA_TEXT, text)
        start(Intent.createChooser(send, "Share the report"), "There is no app to share with.")
    }

    override fun shareFile(file: File, type: String) {
        val address = FileProvider.getUriForFile(this, "$packageName.files", file)
        val send = Intent(Intent.ACTION_SEND).setType(type).putExtra(Intent.EXTRA_STREAM, address)
        // The permission to read it travels with the clip; the chooser passes it on.
        send.clipData = ClipData.newRawUri(null, address)
        send.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        start(Intent.createChooser(send, "Share the evidence"), "There is no app to share with.")
    }

    private fun start(intent: Intent, otherwise: String) {
        try {
            startActivity(intent)
        } catch (_: ActivityNotFoundException) {
            demo.say(otherwise)
        }
    }

    override fun killProcess(): Unit = Process.killProcess(Process.myPid())

    private companion object {
        /** So many at once, as the photo picker shows them well. */
        const val MOST = 100
        const val ASKED = "asked for notifications"
    }
}
