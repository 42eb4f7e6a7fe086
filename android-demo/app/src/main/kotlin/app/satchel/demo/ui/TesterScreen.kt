/*
 * The Tester screen: a bad journey without leaving the chair.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.satchel.demo.state.Pretence
import app.satchel.demo.state.TesterScreenState

@Composable
fun TesterScreen(state: TesterScreenState) {
    val ui by state.ui.collectAsState()
    val pretence by state.pretence.collectAsState()
    Frame("Tester") { padding ->
        Column(Modifier.fillMaxSize().padding(padding).verticalScroll(rememberScrollState())) {
            SectionHeading("Pretend", first = true)
            Column(Modifier.selectableGroup()) {
                ChoiceRow("Nothing", pretence == null, { state.pretend(null) }, more = "The real network")
                Pretence.entries.forEach { one -> ChoiceRow(one.words, pretence == one, { state.pretend(one) }, more = one.meaning) }
            }
            SectionHeading("Report")
            Panel {
                Explanation("Counts, reasons, network, budgets and the last log lines. It names no photo.")
                Button({ state.shareReport() }) {
                    Icon(Icons.Share, null, Modifier.size(scaled(18)))
                    Spacer(Modifier.width(8.dp))
                    Text("Share a report")
                }
            }
            SectionHeading("Samples")
            Panel { Samples(ui.filling, state) }
            SectionHeading("Process")
            Panel {
                Explanation("Ends the app at once, whatever it does. Open it again and see that nothing is lost.")
                OutlinedButton({ state.askKill(true) }) { Text("Kill the process", color = MaterialTheme.colorScheme.error) }
            }
            Spacer(Modifier.height(32.dp))
        }
    }
    if (ui.asksKill) {
        AlertDialog(
            onDismissRequest = { state.askKill(false) },
            title = { Text("Kill the process?") },
            text = { Text("The app ends at once. Open it again by hand.") },
            confirmButton = { TextButton(state::kill) { Text("Kill", color = MaterialTheme.colorScheme.error) } },
            dismissButton = { TextButton({ state.askKill(false) }) { Text("Cancel") } },
        )
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Samples(filling: Pair<Int, Int>?, state: TesterScreenState) {
    if (filling == null) {
        Explanation("Adds drawn pictures of about a megabyte each.")
        FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            OutlinedButton({ state.fill(1) }) { Text("Add 1") }
            OutlinedButton({ state.fill(10) }) { Text("Add 10") }
            OutlinedButton({ state.fill(100) }) { Text("Add 100") }
        }
    } else {
        val (done, of) = filling
        Explanation("$done of $of added")
        LinearProgressIndicator(
            progress = { done.toFloat() / of },
            Modifier.fillMaxWidth().semantics { contentDescription = "$done of $of samples added" },
        )
    }
}
