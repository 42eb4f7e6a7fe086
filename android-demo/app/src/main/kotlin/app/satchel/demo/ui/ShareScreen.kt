/*
 * What another app shared, before it goes into the outbox.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.satchel.demo.state.counted

/**
 * What was shared.
 *
 * @property count how many; 0 where nothing of it is a photo or a video.
 * @property busy it is being copied, which can be left no more: the other app's leave to read it ends with this screen.
 * @property problem why some could not be taken.
 */
data class ShareUi(val count: Int, val caption: String = "", val busy: Boolean = false, val problem: String? = null)

@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun ShareScreen(ui: ShareUi, onCaption: (String) -> Unit, onAdd: () -> Unit, onCancel: () -> Unit) {
    Scaffold(
        topBar = {
            TopAppBar(
                title = { Text("To the outbox", Modifier.semantics { heading() }) },
                navigationIcon = { IconButton(onCancel, enabled = !ui.busy) { Icon(Icons.Close, "Not into the outbox") } },
            )
        },
    ) { padding ->
        Column(
            Modifier.fillMaxSize().padding(padding).imePadding().verticalScroll(rememberScrollState()).padding(Margin),
            verticalArrangement = Arrangement.spacedBy(16.dp),
        ) {
            if (ui.count == 0) {
                Problem("Nothing of what was shared is a photo or a video.")
                return@Column
            }
            Explanation("${counted(ui.count.toLong(), "photo")} from another app. A copy goes into the outbox, and is safe there.")
            ui.problem?.let { Problem(it) }
            val label = if (ui.count == 1) "Caption" else "Caption of each"
            OutlinedTextField(ui.caption, onCaption, Modifier.fillMaxWidth(), label = { Text(label) })
            Button(onAdd, Modifier.fillMaxWidth(), enabled = !ui.busy) { Text(if (ui.busy) "Copying…" else "Add") }
        }
    }
}
