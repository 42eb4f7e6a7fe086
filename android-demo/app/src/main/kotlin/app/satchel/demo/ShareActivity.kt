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
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import app.satchel.PostEdit
import app.satchel.SatchelException
import app.satchel.demo.state.counted
import app.satchel.demo.state.sentence
import app.satchel.demo.ui.DemoTheme
import app.satchel.demo.ui.ShareScreen
import app.satchel.demo.ui.ShareUi
import kotlinx.coroutines.launch

class ShareActivity : ComponentActivity() {
    private val app: DemoApplication get() = application as DemoApplication
    private var ui by mutableStateOf(ShareUi(0))

    override fun onCreate(savedInstanceState: Bundle?) {
        enableEdgeToEdge()
        super.onCreate(savedInstanceState)
        val uris = shared(intent)
        ui = ShareUi(uris.size, caption = savedInstanceState?.getString(CAPTION) ?: intent.getStringExtra(Intent.EXTRA_TEXT).orEmpty())
        setContent {
            val dark = isSystemInDarkTheme()
            DemoTheme(dark, wallpaperColours(this, dark)) {
                ShareScreen(ui, onCaption = { ui = ui.copy(caption = it) }, onAdd = { add(uris) }, onCancel = ::finish)
            }
        }
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putString(CAPTION, ui.caption)
    }

    private fun add(uris: List<Uri>) {
        if (ui.busy) return
        ui = ui.copy(busy = true, problem = null)
        // The process's own scope: a turn of the phone makes the activity anew, and the adding goes on.
        app.demo.scope.launch {
            try {
                val added = app.satchelHost.addShared(uris, PostEdit(caption = ui.caption.trim().ifEmpty { null }))
                added.forEach { one -> one.added?.let { app.pictures.keep(it.id, one.uri) } }
                val problem = added.firstNotNullOfOrNull { it.problem }
                if (problem == null) done(added.size) else ui = ui.copy(busy = false, problem = sentence(problem))
            } catch (failure: SatchelException) {
                ui = ui.copy(busy = false, problem = sentence(failure.message.orEmpty()))
            }
        }
    }

    private fun done(count: Int) {
        Toast.makeText(applicationContext, "${counted(count.toLong(), "photo")} in the outbox", Toast.LENGTH_SHORT).show()
        finish()
    }

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
