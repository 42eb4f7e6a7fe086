/*
 * A row of the Outbox screen: one asset.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.ExperimentalFoundationApi
import androidx.compose.foundation.background
import androidx.compose.foundation.combinedClickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.selection.toggleable
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.Icon
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import app.satchel.demo.state.AssetRow
import app.satchel.demo.state.Standing
import app.satchel.demo.state.amount
import app.satchel.demo.state.words

/** Thumbnails are drawn this large, in pixels. */
private const val THUMBNAIL = 192

/**
 * One asset: a tap opens it, a tap on its picture or a long press selects it.
 *
 * @param upload how much of it is sent, 0 to 1, while it is under way.
 * @param selecting others are selected: a tap selects this one, too.
 */
@OptIn(ExperimentalFoundationApi::class)
@Composable
fun OutboxRow(row: AssetRow, upload: Float?, selected: Boolean, selecting: Boolean, onOpen: () -> Unit, onSelect: () -> Unit) {
    val share = (upload ?: row.kept)?.takeIf { row.standing == Standing.Sending }
    val colour = if (selected) MaterialTheme.colorScheme.secondaryContainer else MaterialTheme.colorScheme.surface
    Row(
        Modifier
            .fillMaxWidth()
            .background(colour)
            .combinedClickable(
                onClickLabel = if (selecting) "Select" else "Open",
                onClick = if (selecting) onSelect else onOpen,
                onLongClickLabel = "Select",
                onLongClick = onSelect,
            ).semantics(mergeDescendants = true) { this.selected = selected }
            .heightIn(min = 80.dp)
            .padding(start = Margin, end = Margin, top = 8.dp, bottom = 8.dp),
        horizontalArrangement = Arrangement.spacedBy(16.dp),
    ) {
        Thumbnail(row, selected, onSelect)
        Column(Modifier.weight(1f), verticalArrangement = Arrangement.spacedBy(2.dp)) {
            Text(
                row.title,
                style = MaterialTheme.typography.bodyLarge,
                color = MaterialTheme.colorScheme.onSurface,
                maxLines = 2,
                overflow = TextOverflow.Ellipsis,
            )
            Row(horizontalArrangement = Arrangement.spacedBy(6.dp)) {
                StandingIcon(row.standing, Modifier.padding(top = 1.dp))
                Text(stateLine(row, share), style = MaterialTheme.typography.bodyMedium, color = colourOf(row.standing))
            }
            row.whenWords?.let {
                Text(it, style = MaterialTheme.typography.bodySmall, color = MaterialTheme.colorScheme.onSurfaceVariant)
            }
            if (share != null) {
                LinearProgressIndicator(
                    progress = { share },
                    // Said by the line above it already.
                    Modifier.fillMaxWidth().padding(top = 4.dp).clearAndSetSemantics {},
                )
            }
        }
    }
}

private fun stateLine(row: AssetRow, share: Float?): String = listOfNotNull(
    row.words,
    share?.let { "${(it * 100).toInt()}% of ${amount(row.bytes)}" },
    "urgent".takeIf { row.urgent && row.standing != Standing.Delivered },
).joinToString(" · ")

@Composable
private fun Thumbnail(row: AssetRow, selected: Boolean, onSelect: () -> Unit) {
    Box(
        Modifier
            .size(64.dp)
            .clip(MaterialTheme.shapes.medium)
            .toggleable(selected, role = Role.Checkbox, onValueChange = { onSelect() })
            .semantics {
                contentDescription = "Select ${row.kind.words.lowercase()} ${row.title}"
                stateDescription = if (selected) "selected" else "not selected"
            },
        contentAlignment = Alignment.Center,
    ) {
        AssetPicture(row.id, row.source, row.kind, THUMBNAIL, description = null, Modifier.size(64.dp))
        if (selected) {
            Box(
                Modifier.size(32.dp).background(MaterialTheme.colorScheme.primary, CircleShape),
                contentAlignment = Alignment.Center,
            ) {
                Icon(Icons.Done, null, Modifier.size(20.dp), tint = MaterialTheme.colorScheme.onPrimary)
            }
        }
    }
}
