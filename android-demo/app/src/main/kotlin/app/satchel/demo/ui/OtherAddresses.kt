/*
 * On the Settings screen: the other addresses of a server, the question for one, and the neutral address.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.Icon
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardCapitalization
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp
import app.satchel.demo.state.ADD_ADDRESS
import app.satchel.demo.state.AddressesUi
import app.satchel.demo.state.EndpointDraft
import app.satchel.demo.state.EndpointField
import app.satchel.demo.state.EndpointUi
import app.satchel.demo.state.NEUTRAL
import app.satchel.demo.state.NEUTRAL_MEANING
import app.satchel.demo.state.OTHER_ADDRESSES
import app.satchel.demo.state.OtherAddresses
import app.satchel.demo.state.SHARED_STORE
import app.satchel.demo.state.SHARED_STORE_MEANING
import app.satchel.demo.state.TargetUi

/** A server's addresses. */
@Composable
fun Addresses(target: TargetUi, state: OtherAddresses) {
    SectionHeading(OTHER_ADDRESSES)
    Panel {
        Explanation("Where else this server is, for when it is blocked. They are tried in this order.")
        target.endpoints.forEach { one -> Address(one, onChange = { state.edit(target.id, one.place) }) }
        OutlinedButton({ state.edit(target.id) }) { Text(ADD_ADDRESS) }
        if (target.endpoints.size > 1) {
            SwitchRow(
                SHARED_STORE,
                target.sharedStore,
                { state.shareStore(target.id, it) },
                more = SHARED_STORE_MEANING,
                margin = PaddingValues(),
            )
        }
    }
}

@Composable
private fun Address(one: EndpointUi, onChange: () -> Unit) {
    Row(Modifier.fillMaxWidth(), verticalAlignment = Alignment.CenterVertically) {
        TwoLines(one.host, one.more, Modifier.weight(1f))
        TextButton(onChange, Modifier.semantics { contentDescription = "Change the address ${one.host}" }) { Text("Change") }
    }
}

/** An address as it is being typed, in a dialog. */
@Composable
fun EndpointEditor(draft: EndpointDraft, state: OtherAddresses) {
    val place = draft.place
    val title =
        when (place) {
            null -> ADD_ADDRESS
            EndpointDraft.FIRST -> "Change its IP addresses"
            else -> "Change the address"
        }
    AlertDialog(
        onDismissRequest = state::close,
        title = { Text(title, Modifier.semantics { heading() }) },
        text = { EndpointFields(draft, state) },
        confirmButton = { TextButton({ state.save() }) { Text("Save") } },
        dismissButton = {
            if (place != null && place != EndpointDraft.FIRST) {
                TextButton({ state.remove(draft.target, place) }) { Text("Remove") }
            }
            TextButton(state::close) { Text("Cancel") }
        },
    )
}

@Composable
private fun EndpointFields(draft: EndpointDraft, state: OtherAddresses) {
    fun problem(field: EndpointField) = draft.problem?.takeIf { it.field == field }?.words
    Column(Modifier.fillMaxWidth().verticalScroll(rememberScrollState()), verticalArrangement = Arrangement.spacedBy(12.dp)) {
        if (draft.place != EndpointDraft.FIRST) {
            Field(
                draft.address,
                { state.type(draft.copy(address = it)) },
                "Address",
                "It begins with https://",
                problem(EndpointField.Address),
                KeyboardType.Uri,
            )
            Field(
                draft.key,
                { state.type(draft.copy(key = it)) },
                "Key",
                "As in the pairing code. Empty, the trusted authorities vouch for it",
                problem(EndpointField.Key),
            )
        }
        Field(
            draft.ips,
            { state.type(draft.copy(ips = it)) },
            "IP addresses",
            "For when its name is not answered, or wrongly",
            problem(EndpointField.IpAddresses),
            lines = 4,
        )
    }
}

/** The address that a block is told by. */
@Composable
fun Neutral(ui: AddressesUi, state: OtherAddresses) {
    Panel {
        Explanation(NEUTRAL_MEANING)
        Field(ui.neutral, state::typeNeutral, NEUTRAL, "Empty, nothing is asked", ui.neutralProblem, KeyboardType.Uri)
        OutlinedButton({ state.saveNeutral() }, enabled = ui.neutral.trim() != ui.neutralKept) { Text("Keep the neutral address") }
    }
}

/** A field for what a server is known by; the words below it say what is wrong with what was typed. */
@Composable
private fun Field(
    value: String,
    onType: (String) -> Unit,
    name: String,
    meaning: String,
    problem: String?,
    keyboard: KeyboardType = KeyboardType.Ascii,
    lines: Int = 3,
) {
    OutlinedTextField(
        value,
        onType,
        Modifier.fillMaxWidth(),
        label = { Text(name) },
        supportingText = {
            Text(problem ?: meaning, if (problem == null) Modifier else Modifier.semantics { liveRegion = LiveRegionMode.Polite })
        },
        trailingIcon = problem?.let { { Icon(Icons.NeedsYou, "Problem") } },
        isError = problem != null,
        keyboardOptions = KeyboardOptions(KeyboardCapitalization.None, autoCorrectEnabled = false, keyboardType = keyboard),
        maxLines = lines,
    )
}
