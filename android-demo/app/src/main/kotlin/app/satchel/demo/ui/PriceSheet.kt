/*
 * The sheet that tells what sending costs, before a byte goes.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.ModalBottomSheet
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.material3.rememberModalBottomSheetState
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.satchel.Price
import app.satchel.Share
import app.satchel.demo.state.OutboxScreenState
import app.satchel.demo.state.PriceUi
import app.satchel.demo.state.about
import app.satchel.demo.state.amount
import app.satchel.demo.state.counted
import app.satchel.demo.state.sentence

@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun PriceSheet(ui: PriceUi, state: OutboxScreenState) {
    ModalBottomSheet(state::closePrice, sheetState = rememberModalBottomSheetState(skipPartiallyExpanded = true)) {
        PriceContent(ui, onSend = { state.sendNow() }, onClose = state::closePrice)
    }
}

/** What stands in the sheet: the price, and below it what can be done, which stays in sight however long the price is. */
@Composable
fun PriceContent(ui: PriceUi, onSend: () -> Unit, onClose: () -> Unit) {
    val price = ui.price
    Column(
        Modifier.fillMaxWidth().padding(horizontal = Margin).padding(bottom = 24.dp),
        verticalArrangement = Arrangement.spacedBy(16.dp),
    ) {
        Column(
            Modifier.fillMaxWidth().weight(1f, fill = false).verticalScroll(rememberScrollState()),
            verticalArrangement = Arrangement.spacedBy(16.dp),
        ) {
            Text(
                if (price?.uploads == 0L) "Nothing to send" else "Send ${counted(ui.assets.size.toLong(), "photo")} now?",
                Modifier.semantics { heading() },
                style = MaterialTheme.typography.headlineSmall,
            )
            if (ui.problem != null) {
                Problem(ui.problem)
            } else if (price == null) {
                LinearProgressIndicator(Modifier.fillMaxWidth().semantics { contentDescription = "The price is being reckoned" })
            } else {
                PriceLines(price)
            }
        }
        Column(Modifier.fillMaxWidth(), verticalArrangement = Arrangement.spacedBy(8.dp)) {
            if (price?.uploads != 0L) {
                Button(onSend, Modifier.fillMaxWidth(), enabled = price != null && !ui.sending) {
                    Text(if (ui.sending) "Sending…" else "Send now")
                }
            }
            TextButton(onClose, Modifier.fillMaxWidth()) { Text(if (price?.uploads == 0L) "Close" else "Not now") }
        }
    }
}

@Composable
private fun PriceLines(price: Price) {
    if (price.uploads == 0L) {
        Explanation("These photos are delivered already, or need you first.")
        return
    }
    Column(
        Modifier.fillMaxWidth().semantics { liveRegion = LiveRegionMode.Polite },
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        Text(amount(price.bytes), style = MaterialTheme.typography.displaySmall)
        Explanation("Billed in all. ${amount(price.payloadBytes)} of it are the photos, the rest is headers and encryption.")
        Fact("Time", price.takes?.let { sentence(about(it)) } ?: "Not known yet")
        price.bytesPerSecond?.let { Fact("Speed", "${amount(it)} a second") }
        price.budgets.forEach { BudgetShare(it) }
        Explanation(
            "Sending now overrides your rules and budgets: for these photos, on this network, for an hour, and for at most a tenth more than this.",
        )
    }
}

@Composable
private fun BudgetShare(share: Share) {
    val words =
        when {
            share.never -> "More than all of “${share.name}”"
            share.percent == null -> "Nothing is left of “${share.name}”"
            else -> "${share.percent}% of what is left of “${share.name}”"
        }
    Column(verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Text(words, style = MaterialTheme.typography.bodyMedium)
        LinearProgressIndicator(
            progress = { ((share.percent ?: 100) / 100f).coerceIn(0f, 1f) },
            Modifier.fillMaxWidth().semantics { contentDescription = words },
            color = if ((share.percent ?: 101) > 100) MaterialTheme.colorScheme.error else MaterialTheme.colorScheme.primary,
        )
        Text(
            "${amount(share.left)} left of ${amount(share.of)}",
            style = MaterialTheme.typography.bodySmall,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
    }
}
