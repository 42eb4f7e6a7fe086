/*
 * The question for a budget.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp
import app.satchel.LinkClass
import app.satchel.demo.state.BudgetDraft
import app.satchel.demo.state.LinkScreenState
import app.satchel.demo.state.words

/** A budget as it is being typed, in a dialog. */
@Composable
fun BudgetEditor(draft: BudgetDraft, state: LinkScreenState) {
    AlertDialog(
        onDismissRequest = state::closeBudget,
        title = { Text(if (draft.old == null) "Add a budget" else "Change the budget", Modifier.semantics { heading() }) },
        text = { BudgetFields(draft, state) },
        confirmButton = { TextButton({ state.saveBudget() }) { Text("Save") } },
        dismissButton = {
            draft.old?.let { name -> TextButton({ state.removeBudget(name) }) { Text("Delete") } }
            TextButton(state::closeBudget) { Text("Cancel") }
        },
    )
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun BudgetFields(draft: BudgetDraft, state: LinkScreenState) {
    Column(Modifier.fillMaxWidth().verticalScroll(rememberScrollState()), verticalArrangement = Arrangement.spacedBy(12.dp)) {
        draft.problem?.let { Problem(it) }
        OutlinedTextField(
            draft.name,
            { state.type(draft.copy(name = it)) },
            Modifier.fillMaxWidth(),
            label = { Text("Name") },
            singleLine = true,
        )
        OutlinedTextField(
            draft.megabytes,
            { state.type(draft.copy(megabytes = it)) },
            Modifier.fillMaxWidth(),
            label = { Text("Megabytes") },
            keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.Decimal),
            singleLine = true,
        )
        Text("On networks that are", style = MaterialTheme.typography.labelLarge)
        FlowRow(Modifier.selectableGroup(), horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            listOf(LinkClass.Metered, LinkClass.Roaming).forEach { one ->
                Choice(one.words, draft.covers == one) { state.type(draft.copy(covers = one)) }
            }
        }
        SwitchRow(
            "Renew each day",
            draft.daily,
            { state.type(draft.copy(daily = it)) },
            more = if (draft.daily) "From local midnight on" else "Once, for a trip that begins now",
            margin = PaddingValues(),
        )
        if (!draft.daily) {
            OutlinedTextField(
                draft.days,
                { state.type(draft.copy(days = it)) },
                Modifier.fillMaxWidth(),
                label = { Text("Days of the trip") },
                keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.Number),
                singleLine = true,
            )
        }
    }
}
