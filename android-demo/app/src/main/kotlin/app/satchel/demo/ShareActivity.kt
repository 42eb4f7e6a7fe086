/*
 * What other apps share: one photo or many go into the outbox, with a caption where one is given.
 */
package app.satchel.demo

import android.content.Intent
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.widget.Toast
import androidx.activity.ComponentActivity
import androidx.activity.compose.BackHandler
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.lifecycle.ViewModel
import androidx.lifecycle.ViewModelProvider
import app.satchel.PostEdit
import app.satchel.demo.state.counted
import app.satchel.demo.state.sentence
import app.satchel.demo.ui.DemoTheme
import app.satchel.demo.ui.ShareScreen
import app.satchel.demo.ui.ShareUi
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.launch

/** A sharing, as it stands: a turn of the phone makes the activity anew, and this stays. */
internal class Sharing : ViewModel() {
    var ui by mutableStateOf(ShareUi(0))

    /** Whether [ui] says what is shared. */
    var isBegun = false

    /** All of it is in the outbox. */
    var isDone by mutableStateOf(false)

    /** The screen is gone for good. */
    var isLeft = false
        private set

    override fun onCleared() {
        isLeft = true
    }
}

class ShareActivity : ComponentActivity() {
    private val app: DemoApplication get() = application as DemoApplication
    private val sharing: Sharing by lazy { ViewModelProvider.create(this)[Sharing::class] }

    override fun onCreate(savedInstanceState: Bundle?) {
        enableEdgeToEdge()
        super.onCreate(savedInstanceState)
        val uris = shared(intent)
        if (!sharing.isBegun) {
            sharing.isBegun = true
            val caption = savedInstanceState?.getString(CAPTION) ?: intent.getStringExtra(Intent.EXTRA_TEXT).orEmpty()
            sharing.ui = ShareUi(uris.size, caption = caption)
        }
        setContent {
            val dark = isSystemInDarkTheme()
            // The leave to read what is shared ends with this activity.
            BackHandler(sharing.ui.busy) {}
            LaunchedEffect(sharing.isDone) { if (sharing.isDone) finish() }
            DemoTheme(dark, wallpaperColours(this, dark)) {
                ShareScreen(
                    sharing.ui,
                    onCaption = { sharing.ui = sharing.ui.copy(caption = it) },
                    onAdd = { add(uris) },
                    onCancel = ::finish,
                )
            }
        }
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putString(CAPTION, sharing.ui.caption)
    }

    private fun add(uris: List<Uri>) {
        if (sharing.ui.busy) return
        sharing.ui = sharing.ui.copy(busy = true, problem = null)
        // The process's own scope: a turn of the phone makes the activity anew, and the adding goes on.
        app.demo.scope.launch {
            try {
                val added = app.satchelHost.addShared(uris, PostEdit(caption = sharing.ui.caption.trim().ifEmpty { null }))
                added.forEach { one -> one.added?.let { app.pictures.keep(it.id, one.uri) } }
                val problem = added.firstNotNullOfOrNull { it.problem }
                if (problem == null) done(added.size) else failed(sentence(problem))
            } catch (failure: CancellationException) {
                throw failure
            } catch (failure: Exception) {
                failed(sentence(failure.message ?: failure.toString()))
            }
        }
    }

    private fun done(count: Int) {
        toast("${counted(count.toLong(), "photo")} in the outbox", Toast.LENGTH_SHORT)
        sharing.isDone = true
        finish()
    }

    private fun failed(words: String) {
        sharing.ui = sharing.ui.copy(busy = false, problem = words)
        if (sharing.isLeft) toast(words, Toast.LENGTH_LONG)
    }

    private fun toast(words: String, length: Int) = Toast.makeText(applicationContext, words, length).show()

    private companion object {
        const val CAPTION = "caption"
    }
}

/** What an intent shares. */
private fun shared(intent: Intent): List<Uri> = when (intent.action) {
    Intent.ACTION_SEND -> listOfNotNull(one(intent))
    Intent.ACTION_SEND_MULTIPLE -> many(intent)
    else -> emptyList()
}

@Suppress("DEPRECATION")
private fun one(intent: Intent): Uri? = if (Build.VERSION.SDK_INT >=
    33
) {
    intent.getParcelableExtra(Intent.EXTRA_STREAM, Uri::class.java)
} else {
    intent.getParcelableExtra(Intent.EXTRA_STREAM)
}

@Suppress("DEPRECATION")
private fun many(intent: Intent): List<Uri> = if (Build.VERSION.SDK_INT >= 33) {
    intent.getParcelableArrayListExtra(Intent.EXTRA_STREAM, Uri::class.java).orEmpty()
} else {
    intent.getParcelableArrayListExtra<Uri>(Intent.EXTRA_STREAM).orEmpty()
}
