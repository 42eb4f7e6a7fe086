/*
 * The whole app: the bar at the bottom, what is pretended at the top, and the screen between them.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.WindowInsets
import androidx.compose.foundation.layout.WindowInsetsSides
import androidx.compose.foundation.layout.consumeWindowInsets
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.only
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.statusBars
import androidx.compose.foundation.layout.windowInsetsPadding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.Scaffold
import androidx.compose.material3.ScaffoldDefaults
import androidx.compose.material3.SnackbarHost
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.dp
import app.satchel.demo.state.DemoState
import app.satchel.demo.state.Opening
import app.satchel.demo.state.Pretence
import app.satchel.demo.state.Tab

/** All of it. */
@Composable
fun DemoApp(demo: DemoState) {
    val opening by demo.opening.collectAsState()
    val tab by demo.tab.collectAsState()
    val shown by demo.shown.collectAsState()
    val pretence by demo.pretence.collectAsState()
    val said by demo.said.collectAsState()
    val outbox by demo.outbox.ui.collectAsState()
    val snacks = remember { SnackbarHostState() }
    LaunchedEffect(said) {
        said?.let {
            snacks.showSnackbar(it, withDismissAction = true)
            demo.heard()
        }
    }
    Scaffold(
        topBar = { pretence?.let { PretenceBanner(it, onEnd = { demo.pretend(null) }) } },
        bottomBar = { if (shown == null) TabBar(tab, demo::go) },
        snackbarHost = { SnackbarHost(snacks) },
        contentWindowInsets = if (pretence == null) WindowInsets(0) else ScaffoldDefaults.contentWindowInsets.only(WindowInsetsSides.Top),
    ) { padding ->
        Box(Modifier.fillMaxSize().padding(padding).consumeWindowInsets(padding)) {
            val asset = shown
            when (val now = opening) {
                is Opening.Failed -> {
                    Failed(now.words, demo::open)
                }

                Opening.UnderWay -> {
                    UnderWay()
                }

                Opening.Open -> {
                    when {
                        asset != null -> AssetScreen(asset)
                        tab == Tab.Outbox -> OutboxScreen(demo.outbox, onPair = { demo.go(Tab.Settings) })
                        tab == Tab.Link -> LinkScreen(demo.link)
                        tab == Tab.Settings -> SettingsScreen(demo.settings)
                        else -> TesterScreen(demo.tester)
                    }
                }
            }
        }
    }
    outbox.price?.let { PriceSheet(it, demo.outbox) }
}

@Composable
private fun TabBar(tab: Tab, go: (Tab) -> Unit) {
    // Labels of the bar grow to 130 % of their size, so that four of them fit beside each other; everything else grows freely.
    val density = LocalDensity.current
    CompositionLocalProvider(LocalDensity provides Density(density.density, density.fontScale.coerceAtMost(1.3f))) {
        NavigationBar {
            Tab.entries.forEach { one ->
                NavigationBarItem(
                    selected = one == tab,
                    onClick = { go(one) },
                    icon = { Icon(iconOf(one), null, Modifier.size(24.dp)) },
                    label = { Text(one.words, maxLines = 1) },
                )
            }
        }
    }
}

private fun iconOf(tab: Tab): ImageVector = when (tab) {
    Tab.Outbox -> Icons.Outbox
    Tab.Link -> Icons.Link
    Tab.Settings -> Icons.Settings
    Tab.Tester -> Icons.Tester
}

/** On every screen while something is pretended: nobody is to take it for the truth. */
@Composable
fun PretenceBanner(pretence: Pretence, onEnd: () -> Unit) {
    Row(
        Modifier
            .fillMaxWidth()
            .background(MaterialTheme.colorScheme.tertiaryContainer)
            .windowInsetsPadding(WindowInsets.statusBars)
            .padding(start = Margin, end = 8.dp, top = 4.dp, bottom = 4.dp)
            .semantics { liveRegion = LiveRegionMode.Polite },
        verticalAlignment = Alignment.CenterVertically,
        horizontalArrangement = Arrangement.spacedBy(12.dp),
    ) {
        Icon(Icons.Tester, null, Modifier.size(scaled(18)), tint = MaterialTheme.colorScheme.onTertiaryContainer)
        Text(
            "Pretending: ${pretence.words}",
            Modifier.weight(1f),
            style = MaterialTheme.typography.labelLarge,
            color = MaterialTheme.colorScheme.onTertiaryContainer,
        )
        TextButton(onEnd) { Text("End", color = MaterialTheme.colorScheme.onTertiaryContainer) }
    }
}

@Composable
private fun UnderWay() {
    Box(Modifier.fillMaxSize(), contentAlignment = Alignment.Center) {
        CircularProgressIndicator(Modifier.semantics { contentDescription = "The outbox is being opened" })
    }
}

@Composable
private fun Failed(words: String, again: () -> Unit) {
    Column(
        Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(32.dp),
        verticalArrangement = Arrangement.spacedBy(16.dp, Alignment.CenterVertically),
        horizontalAlignment = Alignment.CenterHorizontally,
    ) {
        Icon(Icons.NeedsYou, null, Modifier.size(48.dp), tint = MaterialTheme.colorScheme.error)
        Text("The outbox could not be opened", style = MaterialTheme.typography.titleLarge, textAlign = TextAlign.Center)
        Text(words, style = MaterialTheme.typography.bodyLarge, textAlign = TextAlign.Center)
        Button(again) { Text("Try again") }
    }
}
