/*
 * On the Link screen: the ways to each server, what stood in its place, and a page of that as text.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.unit.dp
import app.satchel.demo.state.BlockLine
import app.satchel.demo.state.EVIDENCE_MEANING
import app.satchel.demo.state.LinkScreenState
import app.satchel.demo.state.LinkUi
import app.satchel.demo.state.NO_BLOCKS
import app.satchel.demo.state.PageUi
import app.satchel.demo.state.SHARE_EVIDENCE
import app.satchel.demo.state.TargetWays
import app.satchel.demo.state.WayLine

/** Each server's ways, in the order in which they are tried. */
@Composable
fun Ways(all: List<TargetWays>) {
    Panel {
        if (all.isEmpty()) Explanation("No server is set up yet.")
        all.forEach { one ->
            if (all.size > 1) Text(one.host, Modifier.semantics { heading() }, style = MaterialTheme.typography.labelLarge)
            one.ways.forEach { Way(it) }
        }
        if (all.any { it.ways.size == 1 }) Explanation("Settings has room for other addresses of a server, for when this one is blocked.")
    }
}

@Composable
private fun Way(way: WayLine) {
    Row(
        Modifier.fillMaxWidth().semantics(mergeDescendants = true) {}.padding(vertical = 4.dp),
        horizontalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        StandingIcon(way.standing, Modifier.padding(top = 2.dp))
        Column(Modifier.weight(1f), verticalArrangement = Arrangement.spacedBy(2.dp)) {
            Text("${way.host}, ${way.by}", style = MaterialTheme.typography.bodyMedium)
            Text(way.words, style = MaterialTheme.typography.bodyMedium, color = MaterialTheme.colorScheme.onSurfaceVariant)
            way.times?.let { Small(it) }
            if (way.carries) Small("The photos go this way now")
        }
    }
}

/** What stood in the servers' place, and its way to somebody who can do something about it. */
@Composable
fun Blocks(ui: LinkUi, state: LinkScreenState) {
    Panel {
        if (ui.blocks.isEmpty()) {
            Explanation(NO_BLOCKS)
        } else {
            ui.shownBlocks.forEach { Record(it, onRead = { state.readPage(it) }) }
            ui.blocksToggle?.let { words -> TextButton({ state.showAllBlocks(!ui.showsAllBlocks) }) { Text(words) } }
            Explanation(EVIDENCE_MEANING)
            Button({ state.shareEvidence() }) {
                Icon(Icons.Share, null, Modifier.size(scaled(18)))
                Spacer(Modifier.width(8.dp))
                Text(SHARE_EVIDENCE)
            }
        }
    }
}

@Composable
private fun Record(line: BlockLine, onRead: () -> Unit) {
    Column(Modifier.fillMaxWidth().padding(bottom = 4.dp)) {
        Column(
            Modifier.fillMaxWidth().semantics(mergeDescendants = true) {}.padding(vertical = 4.dp),
            verticalArrangement = Arrangement.spacedBy(2.dp),
        ) {
            Text(line.words, style = MaterialTheme.typography.bodyMedium)
            line.said?.let { Text(it, style = MaterialTheme.typography.bodyMedium, color = MaterialTheme.colorScheme.onSurfaceVariant) }
            Small(line.where)
            Small(line.times)
        }
        if (line.hasPage) {
            TextButton(onRead, Modifier.semantics { contentDescription = "Read the page of: ${line.words}, ${line.times}" }) {
                Text("Read the page as text")
            }
        }
    }
}

/** The source of a page, which is somebody else's: nothing in it is followed, run or drawn. */
@Composable
fun PageReader(page: PageUi, onClose: () -> Unit) {
    AlertDialog(
        onDismissRequest = onClose,
        title = { Text("The page, as text", Modifier.semantics { heading() }) },
        text = {
            Column(Modifier.fillMaxWidth().verticalScroll(rememberScrollState()), verticalArrangement = Arrangement.spacedBy(12.dp)) {
                Small(page.line.where)
                Text(page.text, style = MaterialTheme.typography.bodySmall, fontFamily = FontFamily.Monospace)
                if (page.cut) Explanation("There is more of it in the evidence.")
            }
        },
        confirmButton = { TextButton(onClose) { Text("Close") } },
    )
}

@Composable
private fun Small(words: String) {
    Text(words, style = MaterialTheme.typography.bodySmall, color = MaterialTheme.colorScheme.onSurfaceVariant)
}
