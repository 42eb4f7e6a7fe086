/*
 * The Outbox screen: everything that is in the outbox, by days, with where it stands and why.
 */
package app.satchel.demo.ui

import androidx.compose.animation.animateContentSize
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyListState
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.ExtendedFloatingActionButton
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.derivedStateOf
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.runtime.snapshotFlow
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import app.satchel.demo.state.OutboxEntry
import app.satchel.demo.state.OutboxScreenState
import app.satchel.demo.state.OutboxUi
import app.satchel.demo.state.Overall
import app.satchel.demo.state.amount
import app.satchel.demo.state.counted
import app.satchel.demo.state.dayWords
import kotlinx.coroutines.flow.distinctUntilChanged

/** So many entries from the end, the next page is asked for. */
private const val AHEAD = 60

@Composable
fun OutboxScreen(state: OutboxScreenState, onPair: () -> Unit) {
    val ui by state.ui.collectAsState()
    var asksRemoval by remember { mutableStateOf(false) }
    val empty = ui.loaded && ui.entries.isEmpty()
    val list = rememberLazyListState()
    val top by remember { derivedStateOf { list.firstVisibleItemIndex == 0 } }
    val selecting = ui.selected.isNotEmpty()
    Frame(
        title = if (selecting) "${ui.selected.size} selected" else "Outbox",
        navigation = { if (selecting) IconButton(state::clearSelection) { Icon(Icons.Close, "Select nothing") } },
        actions = {
            if (selecting) {
                IconButton({ state.retrySelected() }) { Icon(Icons.Retry, "Try the selected again") }
                IconButton({ asksRemoval = true }) { Icon(Icons.Remove, "Remove the selected") }
            } else if (!empty) {
                IconButton({ state.pause(!ui.paused) }) {
                    if (ui.paused) Icon(Icons.Play, "Resume sending") else Icon(Icons.Pause, "Pause sending")
                }
            }
        },
        button = {
            when {
                selecting -> {
                    ExtendedFloatingActionButton(
                        text = { Text("See what it costs") },
                        // The button hides its text from TalkBack, and reads its icon.
                        icon = { Icon(Icons.Sending, "See what it costs") },
                        onClick = { state.askPrice() },
                    )
                }

                !empty && ui.loaded -> {
                    ExtendedFloatingActionButton(
                        text = { Text("Add") },
                        icon = { Icon(Icons.Add, "Add photos") },
                        onClick = state::add,
                        // It covers less of the list while that is read.
                        expanded = top,
                    )
                }
            }
        },
        selecting = selecting,
    ) { padding ->
        when {
            !ui.loaded -> {
                Box(Modifier.fillMaxSize().padding(padding), contentAlignment = Alignment.Center) {
                    CircularProgressIndicator(Modifier.semantics { contentDescription = "The outbox is being read" })
                }
            }

            empty -> {
                EmptyOutbox(ui.paired, state::add, onPair, Modifier.padding(padding))
            }

            else -> {
                OutboxList(ui, state, list, onPair, padding)
            }
        }
    }
    if (asksRemoval) {
        RemovalQuestion(ui.selected.size, onRemove = {
            asksRemoval = false
            state.removeSelected()
        }, onKeep = { asksRemoval = false })
    }
}

@Composable
private fun OutboxList(ui: OutboxUi, state: OutboxScreenState, list: LazyListState, onPair: () -> Unit, padding: PaddingValues) {
    Watch(list, ui, state)
    LazyColumn(
        Modifier.fillMaxSize().padding(top = padding.calculateTopPadding()),
        state = list,
        // The last row can be scrolled above the button.
        contentPadding = PaddingValues(bottom = padding.calculateBottomPadding() + 96.dp),
    ) {
        item("summary", contentType = "summary") { Summary(ui, state, onPair) }
        items(
            ui.entries,
            key = { if (it is OutboxEntry.Item) it.row.seq else -(it as OutboxEntry.Day).first },
            contentType = { it is OutboxEntry.Item },
        ) { entry ->
            when (entry) {
                is OutboxEntry.Day -> {
                    SectionHeading(dayWords(entry.day, ui.today))
                }

                is OutboxEntry.Item -> {
                    OutboxRow(
                        entry.row,
                        upload = ui.uploads[entry.row.id],
                        selected = entry.row.id in ui.selected,
                        selecting = ui.selected.isNotEmpty(),
                        onOpen = { state.show(entry.row.id) },
                        onSelect = { state.toggle(entry.row.id) },
                    )
                }
            }
        }
        if (!ui.complete) {
            item("more", contentType = "more") {
                Box(Modifier.fillMaxWidth().padding(16.dp), contentAlignment = Alignment.Center) {
                    CircularProgressIndicator(Modifier.size(24.dp).semantics { contentDescription = "More is being read" })
                }
            }
        }
    }
}

/** Tells what is on the screen, and asks for more when the end comes near. */
@Composable
private fun Watch(list: LazyListState, ui: OutboxUi, state: OutboxScreenState) {
    LaunchedEffect(list, state) {
        snapshotFlow {
            list.layoutInfo.visibleItemsInfo.mapNotNull { it.key as? Long }.filter { it > 0 }.let {
                it.firstOrNull() to
                    it.lastOrNull()
            }
        }.distinctUntilChanged()
            .collect { (newest, oldest) -> if (newest != null && oldest != null) state.seen(newest, oldest) }
    }
    LaunchedEffect(list, ui.entries.size, ui.complete) {
        if (ui.complete) return@LaunchedEffect
        snapshotFlow { (list.layoutInfo.visibleItemsInfo.lastOrNull()?.index ?: 0) >= ui.entries.size - AHEAD }
            .distinctUntilChanged()
            .collect { near -> if (near) state.more() }
    }
}

@Composable
private fun Summary(ui: OutboxUi, state: OutboxScreenState, onPair: () -> Unit) {
    Panel(Modifier.padding(top = 8.dp).animateContentSize()) {
        val overall = ui.overall
        Text(headline(ui, overall), style = MaterialTheme.typography.titleMedium)
        overall.fraction?.takeIf { ui.paired && !ui.paused }?.let { fraction ->
            LinearProgressIndicator(
                progress = { fraction },
                Modifier.fillMaxWidth().semantics { contentDescription = "All uploads, ${(fraction * 100).toInt()} percent" },
            )
        }
        details(ui, overall)?.let { Explanation(it) }
        if (overall.needYou > 0) {
            Problem(
                if (overall.needYou == 1L) {
                    "1 upload needs you. Open its photo to see what to do."
                } else {
                    "${counted(overall.needYou, "upload")} need you. Open their photos to see what to do."
                },
            )
        }
        when {
            !ui.paired -> Button(onPair) { Text("Pair with a receiver") }
            ui.paused -> Button({ state.pause(false) }) { Text("Resume") }
        }
    }
}

private fun headline(ui: OutboxUi, overall: Overall): String = when {
    !ui.paired -> "Safe here, not sent anywhere yet"
    ui.paused -> "Paused"
    overall.open > 0 -> "${counted(overall.open, "upload")} to go, ${amount(overall.openBytes)}"
    overall.needYou > 0 -> "All others are delivered"
    else -> "All delivered"
}

private fun details(ui: OutboxUi, overall: Overall): String? = when {
    !ui.paired -> "Pair this phone with a receiver, and they go."
    ui.paused -> if (overall.open > 0) "${counted(overall.open, "upload")} to go, ${amount(overall.openBytes)}" else null
    overall.delivered > 0 -> "${counted(overall.delivered, "upload")} delivered"
    else -> null
}

@Composable
private fun EmptyOutbox(paired: Boolean, onAdd: () -> Unit, onPair: () -> Unit, modifier: Modifier) {
    Column(
        modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(32.dp),
        verticalArrangement = Arrangement.spacedBy(16.dp, Alignment.CenterVertically),
        horizontalAlignment = Alignment.CenterHorizontally,
    ) {
        Icon(Icons.Outbox, null, Modifier.size(56.dp), tint = MaterialTheme.colorScheme.primary)
        Text(
            "Nothing here yet",
            Modifier.semantics { heading() },
            style = MaterialTheme.typography.headlineSmall,
            textAlign = TextAlign.Center,
        )
        Text(
            if (paired) {
                "Add photos, or share them to Satchel from another app. They are safe here until there is a network."
            } else {
                "Pair this phone with a receiver, then add photos. They are safe here until there is a network."
            },
            style = MaterialTheme.typography.bodyLarge,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
            textAlign = TextAlign.Center,
        )
        if (paired) {
            Button(onAdd) { Text("Add photos") }
        } else {
            Button(onPair) { Text("Pair with a receiver") }
            OutlinedButton(onAdd) { Text("Add photos") }
        }
    }
}

@Composable
private fun RemovalQuestion(count: Int, onRemove: () -> Unit, onKeep: () -> Unit) {
    AlertDialog(
        onDismissRequest = onKeep,
        title = { Text("Remove ${counted(count.toLong(), "photo")} from the outbox?") },
        text = { Text("What was not sent yet is not sent. The originals stay on the phone.") },
        confirmButton = { TextButton(onRemove) { Text("Remove", color = MaterialTheme.colorScheme.error) } },
        dismissButton = { TextButton(onKeep) { Text("Cancel") } },
    )
}
