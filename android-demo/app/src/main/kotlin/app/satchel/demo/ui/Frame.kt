/*
 * What every screen stands in: its bar, which takes a tone when the screen is scrolled below it, and its button.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.RowScope
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.material3.TopAppBarDefaults
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.input.nestedscroll.nestedScroll
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow

/**
 * A screen with its title.
 *
 * @param selecting the bar is about what is selected, and has the tone of it.
 */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun Frame(
    title: String,
    navigation: @Composable () -> Unit = {},
    actions: @Composable RowScope.() -> Unit = {},
    button: @Composable () -> Unit = {},
    selecting: Boolean = false,
    content: @Composable (PaddingValues) -> Unit,
) {
    val scroll = TopAppBarDefaults.pinnedScrollBehavior()
    val ground = if (selecting) MaterialTheme.colorScheme.surfaceContainerHigh else MaterialTheme.colorScheme.surface
    Scaffold(
        Modifier.nestedScroll(scroll.nestedScrollConnection),
        topBar = {
            TopAppBar(
                title = { Text(title, Modifier.semantics { heading() }, maxLines = 1, overflow = TextOverflow.Ellipsis) },
                navigationIcon = navigation,
                actions = actions,
                colors =
                    TopAppBarDefaults.topAppBarColors(
                        containerColor = ground,
                        scrolledContainerColor =
                            if (selecting) ground else MaterialTheme.colorScheme.surfaceContainer,
                    ),
                scrollBehavior = scroll,
            )
        },
        floatingActionButton = button,
        content = content,
    )
}
