/*
 * The Link screen: what the phone sees, what it costs, and what may still go.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import app.satchel.BudgetState
import app.satchel.Covers
import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.Mark
import app.satchel.Period
import app.satchel.demo.state.BLOCKS
import app.satchel.demo.state.LinkScreenState
import app.satchel.demo.state.LinkUi
import app.satchel.demo.state.SIGN_IN
import app.satchel.demo.state.WAYS
import app.satchel.demo.state.about
import app.satchel.demo.state.amount
import app.satchel.demo.state.classOf
import app.satchel.demo.state.meaning
import app.satchel.demo.state.words

@Composable
fun LinkScreen(state: LinkScreenState) {
    val ui by state.ui.collectAsState()
    Frame("Link") { padding ->
        Column(Modifier.fillMaxSize().padding(padding).verticalScroll(rememberScrollState())) {
            Now(ui, state)
            SectionHeading(WAYS)
            Ways(ui.ways)
            SectionHeading("Budgets")
            Budgets(ui, state)
            SectionHeading("Sent so far")
            Panel {
                if (ui.ledger.isEmpty()) {
                    Explanation("Nothing yet. Every byte is counted here, by day and by what the network costs.")
                } else {
                    LedgerChart(ui.ledger)
                }
            }
            SectionHeading(BLOCKS)
            Blocks(ui, state)
            SectionHeading("What the phone sees")
            Seen(ui)
            Spacer(Modifier.height(32.dp))
        }
    }
    ui.draft?.let { BudgetEditor(it, state) }
    ui.page?.let { PageReader(it, state::closePage) }
}

/** The network, its class, and what a person may say about it. */
@Composable
private fun Now(ui: LinkUi, state: LinkScreenState) {
    val kind = ui.linkClass
    Panel(Modifier.padding(top = 8.dp)) {
        Text(
            listOfNotNull(ui.told.kind.words, kind?.words?.lowercase()).joinToString(", "),
            style = MaterialTheme.typography.headlineSmall,
        )
        ui.signIn?.let {
            Problem(it)
            Button(state::openSignIn) { Text(SIGN_IN, textAlign = TextAlign.Center) }
        }
        if (ui.told.captive != true) Explanation(kind?.meaning ?: "Nothing can go. It goes on by itself when there is a network.")
        if (ui.told.kind != LinkKind.None && ui.told.network != null) Marks(ui, state)
        ui.lastStop?.let { Explanation("Last time in the background: $it") }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Marks(ui: LinkUi, state: LinkScreenState) {
    Text("This network is", style = MaterialTheme.typography.labelLarge)
    FlowRow(Modifier.selectableGroup(), horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        listOf(null to "As detected", Mark.Free to "Free", Mark.Metered to "Metered").forEach { (mark, words) ->
            Choice(words, ui.mark == mark) { state.mark(mark) }
        }
    }
}

@Composable
private fun Budgets(ui: LinkUi, state: LinkScreenState) {
    Panel {
        if (ui.budgets.isEmpty()) {
            Explanation("A budget lets photos go over networks that cost, up to the amount that you set.")
        }
        ui.budgets.forEach { BudgetBar(it, onChange = { state.editBudget(it.budget) }) }
        OutlinedButton({ state.editBudget() }) { Text("Add a budget") }
    }
}

@Composable
private fun BudgetBar(one: BudgetState, onChange: () -> Unit) {
    val budget = one.budget
    val spent = (budget.bytes - one.left).coerceAtLeast(0)
    Column(Modifier.fillMaxWidth().padding(bottom = 8.dp), verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Row(Modifier.fillMaxWidth(), verticalAlignment = Alignment.CenterVertically) {
            TwoLines(budget.name, "${amount(one.left)} left of ${amount(budget.bytes)}", Modifier.weight(1f))
            TextButton(onChange, Modifier.semantics { contentDescription = "Change the budget ${budget.name}" }) { Text("Change") }
        }
        LinearProgressIndicator(
            progress = { (spent.toFloat() / budget.bytes).coerceIn(0f, 1f) },
            Modifier.fillMaxWidth().semantics { contentDescription = "${budget.name}: ${amount(spent)} spent of ${amount(budget.bytes)}" },
            color = if (one.left <= budget.bytes / 10) MaterialTheme.colorScheme.error else MaterialTheme.colorScheme.primary,
        )
        Text(budgetWords(one), style = MaterialTheme.typography.bodySmall, color = MaterialTheme.colorScheme.onSurfaceVariant)
    }
}

private fun budgetWords(one: BudgetState): String {
    val covers =
        when (val covers = one.budget.covers) {
            is Covers.Class -> "on ${covers.linkClass.words.lowercase()} networks"
            is Covers.Network -> "on one network"
        }
    val refills = one.refillsIn?.let { "renewed in ${about(it).removePrefix("about ")}" }
    return when (one.budget.period) {
        Period.Day -> listOfNotNull("Each day", covers, refills).joinToString(", ")
        is Period.Trip -> listOfNotNull("For a trip", covers, "not now".takeIf { !one.countsNow }).joinToString(", ")
    } + "."
}

@Composable
private fun Seen(ui: LinkUi) {
    Panel {
        if (ui.pretended) Explanation("You are pretending, so the outbox is told something else.")
        val seen = ui.seen
        Fact("Network", seen.kind.words)
        if (seen.kind != LinkKind.None) facts(seen).forEach { (name, value) -> Fact(name, value) }
    }
}

private fun facts(link: Link): List<Pair<String, String>> = listOf(
    "Metered" to yes(link.metered),
    "Free for now" to yes(link.temporarilyUnmetered),
    "Roaming" to yes(link.roaming),
    "Data saver" to yes(link.constrained),
    "Internet reached" to yes(link.validated),
    "Sign-in page" to yes(link.captive),
    "Upload rate" to (link.bytesPerSecond?.let { "${amount(it)} a second" } ?: "Not known"),
    "Counted as" to (classOf(link)?.words ?: "No network"),
)

private fun yes(value: Boolean?): String = when (value) {
    true -> "Yes"
    false -> "No"
    null -> "Not known"
}
