/*
 * The Settings screen: where photos go, as whom, by which rules, and from which albums.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.satchel.Order
import app.satchel.Redaction
import app.satchel.demo.state.GalleryAccess
import app.satchel.demo.state.NEUTRAL
import app.satchel.demo.state.SettingsScreenState
import app.satchel.demo.state.SettingsUi
import app.satchel.demo.state.TargetUi
import app.satchel.demo.state.counted
import app.satchel.demo.state.sentence

@Composable
fun SettingsScreen(state: SettingsScreenState) {
    val ui by state.ui.collectAsState()
    val addresses by state.addresses.ui.collectAsState()
    Frame("Settings") { padding ->
        Column(Modifier.fillMaxSize().padding(padding).imePadding().verticalScroll(rememberScrollState())) {
            if (ui.targets.isEmpty()) {
                SectionHeading("Pair with a receiver", first = true)
                Pairing(ui, state)
            }
            ui.targets.forEachIndexed { index, one ->
                TargetPanel(one, index == 0, state)
                Addresses(one, state.addresses)
            }
            SectionHeading("Rules")
            Rules(ui, state)
            SectionHeading("What goes first")
            Column(Modifier.selectableGroup()) {
                ChoiceRow("The newest", ui.order == Order.Newest, { state.chooseOrder(Order.Newest) })
                ChoiceRow("The oldest", ui.order == Order.Oldest, { state.chooseOrder(Order.Oldest) })
            }
            SectionHeading("Camera roll")
            CameraRoll(ui, state)
            SectionHeading(NEUTRAL)
            Neutral(addresses, state.addresses)
            if (ui.targets.isNotEmpty()) {
                SectionHeading("Pair with another receiver")
                Pairing(ui, state)
            }
            Spacer(Modifier.height(32.dp))
        }
    }
    addresses.draft?.let { EndpointEditor(it, state.addresses) }
}

/** The code, by camera or by hand, and the name under which photos are shown. */
@Composable
private fun Pairing(ui: SettingsUi, state: SettingsScreenState) {
    Panel {
        val problem = ui.pairing.problem
        val typed = ui.pairing.code.isNotBlank()
        if (ui.targets.isEmpty()) Explanation("On a computer, run “satchel serve”. It shows a code; scan it here.")
        OutlinedTextField(
            ui.contributor,
            state::typeContributor,
            Modifier.fillMaxWidth(),
            label = { Text("Your name") },
            supportingText = { Text("Shown with your photos") },
            singleLine = true,
        )
        Act(state::scan, first = !typed, enabled = !ui.pairing.busy) {
            Icon(Icons.Scan, null, Modifier.size(scaled(18)))
            Spacer(Modifier.width(8.dp))
            Text("Scan the code")
        }
        OutlinedTextField(
            ui.pairing.code,
            state::typeCode,
            Modifier.fillMaxWidth(),
            label = { Text("Or type the code") },
            supportingText = {
                val words = problem ?: "It begins with satchel://"
                Text(words, if (problem == null) Modifier else Modifier.semantics { liveRegion = LiveRegionMode.Polite })
            },
            trailingIcon = problem?.let { { Icon(Icons.NeedsYou, "Problem") } },
            isError = problem != null,
            maxLines = 3,
        )
        Act({ state.pair() }, first = typed, enabled = !ui.pairing.busy) {
            Text(if (ui.pairing.busy) "Asking the receiver…" else "Pair")
        }
    }
}

/** What can be done, over the width of its panel; what is to be done [first] is filled. */
@Composable
private fun Act(onAct: () -> Unit, first: Boolean, enabled: Boolean, content: @Composable RowScope.() -> Unit) {
    if (first) {
        Button(onAct, Modifier.fillMaxWidth(), enabled = enabled, content = content)
    } else {
        OutlinedButton(onAct, Modifier.fillMaxWidth(), enabled = enabled, content = content)
    }
}

/** A server: where it is, what is wrong with it, and what is hidden from it. */
@Composable
private fun TargetPanel(target: TargetUi, first: Boolean, state: SettingsScreenState) {
    SectionHeading(if (target.receiver) "Receiver" else "Server", first = first)
    Panel {
        TwoLines(target.host, if (target.receiver) "It signs for each photo that it holds whole" else "A tus server")
        target.rest?.let {
            Problem(it)
            OutlinedButton({ state.tryNow() }) { Text("Try now") }
        }
    }
    SectionHeading("Hide from this ${if (target.receiver) "receiver" else "server"}")
    Column(Modifier.selectableGroup()) {
        ChoiceRow(
            "Nothing",
            target.redact == Redaction.None,
            { state.redact(target.id, Redaction.None) },
            more = "Originals go bit for bit",
        )
        ChoiceRow(
            "Where photos were taken",
            target.redact == Redaction.Location,
            { state.redact(target.id, Redaction.Location) },
            more = "Originals go without their metadata",
        )
        ChoiceRow(
            "Where and when photos were taken",
            target.redact == Redaction.All,
            { state.redact(target.id, Redaction.All) },
            more = "Posts go without their time, too",
        )
    }
}

@Composable
private fun Rules(ui: SettingsUi, state: SettingsScreenState) {
    Column(Modifier.selectableGroup()) {
        ui.policies.forEach { one -> ChoiceRow(sentence(one.name), one.chosen, { state.choosePolicy(one.name) }) }
    }
    if (ui.ownRules) {
        Explanation("Your own rules hold now. Choosing one of these replaces them.", Modifier.padding(horizontal = Margin))
    }
}

@Composable
private fun CameraRoll(ui: SettingsUi, state: SettingsScreenState) {
    SwitchRow("Add new photos by themselves", ui.watching, { state.watch(it) }, more = accessWords(ui.access))
    ui.albumsNote?.takeIf { ui.albums.isNotEmpty() }?.let { Explanation(it, Modifier.padding(horizontal = Margin, vertical = 4.dp)) }
    ui.albums.forEach { album ->
        SwitchRow(album.name, album.watched, { state.watchAlbum(album.name, it) }, more = counted(album.items.toLong(), "photo"))
    }
}

private fun accessWords(access: GalleryAccess): String = when (access) {
    GalleryAccess.None -> "Asks for permission to see your photos"
    GalleryAccess.Selected -> "Those that you chose for Satchel"
    GalleryAccess.All -> "From the albums below"
}
