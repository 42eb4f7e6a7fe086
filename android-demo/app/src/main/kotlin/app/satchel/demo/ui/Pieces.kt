/*
 * Pieces that several screens are made of: headings, cards, rows that choose or switch.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.toggleable
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.FilterChip
import androidx.compose.material3.Icon
import androidx.compose.material3.ListItem
import androidx.compose.material3.ListItemDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Switch
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.role
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp
import app.satchel.demo.state.Standing

/** The margin at the sides of a screen. */
val Margin = 16.dp

/** A heading within a screen; the [first] one stands close to the bar. */
@Composable
fun SectionHeading(words: String, modifier: Modifier = Modifier, first: Boolean = false) {
    Text(
        words,
        modifier
            .fillMaxWidth()
            .padding(
                horizontal = Margin,
            ).padding(top = if (first) 8.dp else 24.dp, bottom = 8.dp)
            .semantics { heading() },
        style = MaterialTheme.typography.titleSmall,
        color = MaterialTheme.colorScheme.primary,
    )
}

/** A sentence that explains what stands above or below it. */
@Composable
fun Explanation(words: String, modifier: Modifier = Modifier, colour: Color = MaterialTheme.colorScheme.onSurfaceVariant) {
    Text(words, modifier.fillMaxWidth(), style = MaterialTheme.typography.bodyMedium, color = colour)
}

/** A card of the width of the screen. */
@Composable
fun Panel(modifier: Modifier = Modifier, padding: PaddingValues = PaddingValues(16.dp), content: @Composable ColumnScope.() -> Unit) {
    Card(
        modifier.fillMaxWidth().padding(horizontal = Margin),
        colors =
            CardDefaults.cardColors(
                containerColor = MaterialTheme.colorScheme.surfaceContainerLow,
                contentColor = MaterialTheme.colorScheme.onSurface,
            ),
    ) {
        Column(Modifier.fillMaxWidth().padding(padding), verticalArrangement = Arrangement.spacedBy(8.dp), content = content)
    }
}

/** What went wrong and what to do, within a screen. */
@Composable
fun Problem(words: String, modifier: Modifier = Modifier) {
    Row(modifier.fillMaxWidth(), horizontalArrangement = Arrangement.spacedBy(12.dp)) {
        Icon(Icons.NeedsYou, "Problem", Modifier.size(scaled(20)), tint = MaterialTheme.colorScheme.error)
        Text(words, Modifier.weight(1f), style = MaterialTheme.typography.bodyMedium, color = MaterialTheme.colorScheme.error)
    }
}

/** One of several choices. */
@Composable
fun ChoiceRow(words: String, chosen: Boolean, onChoose: () -> Unit, modifier: Modifier = Modifier, more: String? = null) {
    ListItem(
        headlineContent = { Text(words) },
        modifier.fillMaxWidth().selectable(chosen, role = Role.RadioButton, onClick = onChoose),
        supportingContent = more?.let { { Text(it) } },
        // As tall as the first line, so that it stands beside that, also where there are three.
        leadingContent = { Box(Modifier.heightIn(min = scaled(24)), Alignment.Center) { RadioButton(chosen, onClick = null) } },
        colors = ListItemDefaults.colors(containerColor = Color.Transparent),
    )
}

/** One of a few choices beside each other; the chosen one has a tick, too. */
@Composable
fun Choice(words: String, chosen: Boolean, onChoose: () -> Unit) {
    FilterChip(
        chosen,
        onChoose,
        { Text(words) },
        Modifier.semantics { role = Role.RadioButton },
        leadingIcon = if (chosen) ({ Icon(Icons.Done, null, Modifier.size(scaled(18))) }) else null,
    )
}

/** Something that is on or off. */
@Composable
fun SwitchRow(
    words: String,
    on: Boolean,
    onSwitch: (Boolean) -> Unit,
    modifier: Modifier = Modifier,
    more: String? = null,
    margin: PaddingValues = PaddingValues(horizontal = Margin, vertical = 8.dp),
) {
    Row(
        modifier
            .fillMaxWidth()
            .toggleable(on, role = Role.Switch, onValueChange = onSwitch)
            .heightIn(min = if (more == null) 56.dp else 72.dp)
            .padding(margin),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        TwoLines(words, more, Modifier.weight(1f))
        Spacer(Modifier.width(16.dp))
        Switch(on, onCheckedChange = null)
    }
}

/** A line, and a smaller one below it. */
@Composable
fun TwoLines(words: String, more: String?, modifier: Modifier = Modifier) {
    Column(modifier) {
        Text(words, style = MaterialTheme.typography.bodyLarge, color = MaterialTheme.colorScheme.onSurface)
        if (more != null) Text(more, style = MaterialTheme.typography.bodyMedium, color = MaterialTheme.colorScheme.onSurfaceVariant)
    }
}

/** A name and its value; both wrap, so that large text stays whole. */
@Composable
fun Fact(name: String, value: String, modifier: Modifier = Modifier) {
    Row(modifier.fillMaxWidth().semantics(mergeDescendants = true) {}, horizontalArrangement = Arrangement.spacedBy(16.dp)) {
        Text(name, Modifier.weight(1f), style = MaterialTheme.typography.bodyMedium, color = MaterialTheme.colorScheme.onSurfaceVariant)
        Text(value, Modifier.weight(1f), style = MaterialTheme.typography.bodyMedium, color = MaterialTheme.colorScheme.onSurface)
    }
}

/** The sign of a standing; its words stand beside it. */
@Composable
fun StandingIcon(standing: Standing, modifier: Modifier = Modifier) {
    val icon =
        when (standing) {
            Standing.Waiting -> Icons.Waiting
            Standing.Sending -> Icons.Sending
            Standing.Delivered -> Icons.Done
            Standing.NeedsYou -> Icons.NeedsYou
        }
    Icon(icon, null, modifier.size(scaled(18)), tint = colourOf(standing))
}

/** A sign beside text grows with it. */
@Composable
fun scaled(size: Int): Dp = with(LocalDensity.current) { size.sp.toDp() }
