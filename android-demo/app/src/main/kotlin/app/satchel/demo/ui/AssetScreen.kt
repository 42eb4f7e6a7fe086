/*
 * The Asset screen: the picture, what is said of it, and where it stands at each server.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.satchel.Asset
import app.satchel.AssetState
import app.satchel.demo.state.AssetScreenState
import app.satchel.demo.state.AssetUi
import app.satchel.demo.state.DeliveryUi
import app.satchel.demo.state.Draft
import app.satchel.demo.state.PUT_FIRST
import app.satchel.demo.state.PUT_FIRST_MEANING
import app.satchel.demo.state.Standing
import app.satchel.demo.state.amount
import app.satchel.demo.state.standingOf
import app.satchel.demo.state.words
import app.satchel.demo.state.wordsOf

/** The picture is drawn this large, in pixels. */
private const val LARGE = 1_280

@Composable
fun AssetScreen(state: AssetScreenState) {
    val ui by state.ui.collectAsState()
    Frame(
        title = ui.asset?.kind?.words ?: "Photo",
        navigation = { IconButton(state::close) { Icon(Icons.Back, "Back to the outbox") } },
        actions = {
            if (ui.asset != null && !ui.gone) IconButton({ state.askRemoval(true) }) { Icon(Icons.Remove, "Remove from the outbox") }
        },
    ) { padding ->
        Column(Modifier.fillMaxSize().padding(padding).imePadding().verticalScroll(rememberScrollState())) {
            val asset = ui.asset
            when {
                ui.gone -> Explanation("This photo is not in the outbox any more.", Modifier.padding(Margin))
                asset != null -> AssetBody(asset, ui, state)
            }
            Spacer(Modifier.height(32.dp))
        }
    }
    if (ui.asksRemoval) {
        AlertDialog(
            onDismissRequest = { state.askRemoval(false) },
            title = { Text("Remove it from the outbox?") },
            text = { Text("What was not sent yet is not sent. The original stays on the phone.") },
            confirmButton = { TextButton({ state.remove() }) { Text("Remove", color = MaterialTheme.colorScheme.error) } },
            dismissButton = { TextButton({ state.askRemoval(false) }) { Text("Cancel") } },
        )
    }
}

@Composable
private fun AssetBody(asset: Asset, ui: AssetUi, state: AssetScreenState) {
    val name = asset.post.caption ?: asset.name
    AssetPicture(
        asset.id,
        asset.source,
        asset.kind,
        LARGE,
        "${asset.kind.words}: $name",
        Modifier.fillMaxWidth().aspectRatio(4f / 3f),
        ContentScale.Fit,
    )
    Stand(asset, ui, state)
    PostFields(ui, state)
    SectionHeading("Deliveries")
    Panel {
        if (ui.deliveries.isEmpty()) Explanation("None yet. They begin when the photo was read and there is a server.")
        ui.deliveries.forEach { DeliveryLines(it) }
    }
    Attempts(ui, state)
    SectionHeading("The file")
    Panel {
        Fact("Name", asset.name)
        Fact("Size", amount(asset.bytes))
        Fact("Added", ui.added)
        asset.hash?.let { Fact("BLAKE3", it.value.take(16) + "…") }
    }
}

/** Where it stands, and what can be done about it. */
@Composable
private fun Stand(asset: Asset, ui: AssetUi, state: AssetScreenState) {
    val standing = standingOf(asset.state)
    Panel(Modifier.padding(top = 16.dp)) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
            StandingIcon(standing)
            Text(asset.state.words, style = MaterialTheme.typography.titleMedium, color = colourOf(standing))
        }
        when (val now = asset.state) {
            is AssetState.Waiting -> {
                Explanation(wordsOf(now) + ".")
                if (now.whenWords.isNotBlank()) Explanation(now.whenWords.replaceFirstChar(Char::uppercase) + ".")
            }

            is AssetState.Parked -> {
                Explanation(wordsOf(now) + ".")
            }

            else -> {
                Unit
            }
        }
        Explanation(ui.safeWords)
        when (standing) {
            Standing.NeedsYou -> {
                Button({ state.retry() }) { Text("Try again") }
            }

            Standing.Waiting, Standing.Sending -> {
                Button({ state.askPrice() }) { Text("See what it costs") }
            }

            Standing.Delivered -> {
                Unit
            }
        }
        if (standing != Standing.Delivered) {
            SwitchRow(
                PUT_FIRST,
                asset.urgent,
                { state.setUrgent(it) },
                more = PUT_FIRST_MEANING,
                margin = PaddingValues(vertical = 8.dp),
            )
        }
    }
}

@Composable
private fun PostFields(ui: AssetUi, state: AssetScreenState) {
    val draft = ui.draft
    SectionHeading("Post")
    Panel {
        Field("Caption", draft.caption, { state.edit(draft.copy(caption = it)) })
        Field("Tags", draft.tags, { state.edit(draft.copy(tags = it)) }, "Separated by commas: lake, morning")
        SwitchRow(
            "Tell the place",
            draft.placeOn,
            { state.edit(draft.copy(placeOn = it)) },
            more = "In the post. What files tell is under Settings.",
            margin = PaddingValues(vertical = 8.dp),
        )
        if (draft.placeOn) Field("Place", draft.placeName, { state.edit(draft.copy(placeName = it)) }, "For example, Lake Ashi")
        if (ui.changed) Button({ state.save() }) { Text("Save") }
    }
}

@Composable
private fun Field(name: String, value: String, onChange: (String) -> Unit, more: String? = null) {
    OutlinedTextField(
        value,
        onChange,
        Modifier.fillMaxWidth(),
        label = { Text(name) },
        supportingText = more?.let { { Text(it) } },
    )
}

@Composable
private fun DeliveryLines(delivery: DeliveryUi) {
    Row(
        Modifier.fillMaxWidth().semantics(mergeDescendants = true) {}.padding(vertical = 4.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        StandingIcon(delivery.standing, Modifier.padding(top = 2.dp))
        Column(Modifier.weight(1f), verticalArrangement = Arrangement.spacedBy(2.dp)) {
            Text("${delivery.what} to ${delivery.target}", style = MaterialTheme.typography.bodyLarge)
            Text(delivery.words, style = MaterialTheme.typography.bodyMedium, color = colourOf(delivery.standing))
            val more =
                listOfNotNull(
                    delivery.whenWords,
                    amount(delivery.bytes).takeIf { delivery.bytes > 0 },
                    delivery.proof,
                    "without its metadata".takeIf { delivery.redacted },
                )
            more.forEach { Text(it, style = MaterialTheme.typography.bodySmall, color = MaterialTheme.colorScheme.onSurfaceVariant) }
            delivery.fraction?.let { fraction ->
                LinearProgressIndicator(progress = { fraction }, Modifier.fillMaxWidth().padding(top = 4.dp).clearAndSetSemantics {})
                Text("${(fraction * 100).toInt()}% is at the server", style = MaterialTheme.typography.bodySmall)
            }
        }
    }
}
