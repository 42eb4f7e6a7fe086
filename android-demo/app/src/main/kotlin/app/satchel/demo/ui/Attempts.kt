/*
 * What was tried for an asset, below its deliveries.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.satchel.demo.state.AssetScreenState
import app.satchel.demo.state.AssetUi
import app.satchel.demo.state.AttemptLine
import app.satchel.demo.state.NOTHING_TRIED
import app.satchel.demo.state.TRIED

/** The latest attempts, or all. */
@Composable
fun Attempts(ui: AssetUi, state: AssetScreenState) {
    SectionHeading(TRIED)
    Panel {
        if (ui.attempts.isEmpty()) Explanation(NOTHING_TRIED)
        ui.shownAttempts.forEach { AttemptLines(it) }
        ui.attemptsToggle?.let { words -> TextButton({ state.showAll(!ui.showsAll) }) { Text(words) } }
    }
}

@Composable
private fun AttemptLines(line: AttemptLine) {
    Column(
        Modifier.fillMaxWidth().semantics(mergeDescendants = true) {}.padding(vertical = 4.dp),
        verticalArrangement = Arrangement.spacedBy(2.dp),
    ) {
        Text(line.heading, style = MaterialTheme.typography.bodySmall, color = MaterialTheme.colorScheme.onSurfaceVariant)
        Text(line.words, style = MaterialTheme.typography.bodyMedium)
        Text(line.details, style = MaterialTheme.typography.bodySmall, color = MaterialTheme.colorScheme.onSurfaceVariant)
    }
}
