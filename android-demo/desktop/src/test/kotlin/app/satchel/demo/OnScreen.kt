/*
 * Screens under the hands of a test, without a display, and what holds for each of them.
 */
@file:OptIn(ExperimentalTestApi::class)

package app.satchel.demo

import androidx.compose.runtime.Composable
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.DesktopComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isRoot
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.text.TextLayoutResult
import androidx.compose.ui.unit.Density
import app.satchel.demo.ui.DemoApp
import kotlin.test.assertTrue

/** So tall that all of a screen is on it. */
internal const val WHOLE = 6_000

/** Shows a screen on a phone of 412 by [tall] dp, with text of [text] times its size. */
internal fun onScreen(text: Float = 1f, tall: Int = TALL, screen: @Composable () -> Unit, test: ComposeUiTest.() -> Unit) {
    DesktopComposeUiTest(WIDE, tall, density = Density(1f)).runTest {
        setContent { OnPhone(Variant(dark = false, text = text), screen) }
        test()
    }
}

/** Shows the whole app. */
internal fun Desk.onScreen(text: Float = 1f, tall: Int = TALL, test: ComposeUiTest.() -> Unit) =
    onScreen(text, tall, { DemoApp(demo) }, test)

/** The one that says so, in its text or for who cannot see it; waits for it. */
internal fun ComposeUiTest.that(says: String): SemanticsNodeInteraction {
    val matcher = hasText(says).or(hasContentDescription(says))
    waitUntil("“$says” is on the screen", 20_000) { onAllNodes(matcher).fetchSemanticsNodes().isNotEmpty() }
    return onNode(matcher)
}

/** Waits until something says so, wherever. */
internal fun ComposeUiTest.awaits(says: String) {
    val matcher = hasText(says, substring = true).or(hasContentDescription(says, substring = true))
    waitUntil("“$says” is on the screen", 20_000) { onAllNodes(matcher).fetchSemanticsNodes().isNotEmpty() }
}

/** Waits until nothing says so. */
internal fun ComposeUiTest.isGone(says: String) {
    val matcher: SemanticsMatcher = hasText(says).or(hasContentDescription(says))
    waitUntil("“$says” is gone", 20_000) { onAllNodes(matcher).fetchSemanticsNodes().isEmpty() }
}

private fun SemanticsNode.all(): List<SemanticsNode> = listOf(this) + children.flatMap { it.all() }

private val SemanticsNode.words: String
    get() =
        all()
            .flatMap { node ->
                node.config.getOrNull(SemanticsProperties.ContentDescription).orEmpty() +
                    node.config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text } +
                    listOfNotNull(node.config.getOrNull(SemanticsProperties.EditableText)?.text)
            }.joinToString(" ")
            .trim()

/** What TalkBack needs: a heading, a name for all that can be tapped, and room for a finger on it. */
internal fun ComposeUiTest.isAccessible(where: String) {
    waitForIdle()
    val nodes = onAllNodes(isRoot()).fetchSemanticsNodes().flatMap { it.all() }
    assertTrue(nodes.any { SemanticsProperties.Heading in it.config }, "$where has no heading")
    val tapped = nodes.filter { SemanticsActions.OnClick in it.config && SemanticsProperties.Disabled !in it.config }
    assertTrue(tapped.isNotEmpty(), "$where has nothing to tap")
    tapped.forEach { node ->
        assertTrue(node.words.isNotEmpty(), "$where: something to tap has no name, at ${node.boundsInRoot}")
        val room = node.touchBoundsInRoot
        assertTrue(
            room.width >= 47.5f && room.height >= 47.5f,
            "$where: “${node.words}” has ${room.width} by ${room.height} dp for a finger",
        )
    }
    val images = nodes.filter { it.config.getOrNull(SemanticsProperties.Role)?.toString() == "Image" }
    images.forEach { assertTrue(it.words.isNotEmpty(), "$where: a picture has no description") }
}

/** Whether a line is wider than its place, or the lines are higher, or some are left out. */
private fun isCut(text: TextLayoutResult): Boolean {
    val lines = 0 until text.lineCount
    val wide = lines.maxOfOrNull { text.getLineRight(it) - text.getLineLeft(it) } ?: 0f
    val tall = if (text.lineCount == 0) 0f else text.getLineBottom(text.lineCount - 1)
    val left = text.lineCount > 0 && text.getLineEnd(text.lineCount - 1) < text.layoutInput.text.length
    return left || lines.any(text::isLineEllipsized) || wide > text.size.width + 1 || tall > text.size.height + 1
}

/** No text is cut off, but for those [but] which may be shortened. */
internal fun ComposeUiTest.isWhole(where: String, but: Set<String> = emptySet()) {
    waitForIdle()
    onAllNodes(isRoot(), useUnmergedTree = true).fetchSemanticsNodes().flatMap { it.all() }.forEach { node ->
        val layouts = mutableListOf<TextLayoutResult>()
        node.config.getOrNull(SemanticsActions.GetTextLayoutResult)?.action?.invoke(layouts)
        layouts.filter { it.layoutInput.text.text.isNotEmpty() && it.layoutInput.text.text !in but }.forEach { text ->
            assertTrue(!isCut(text), "$where: “${text.layoutInput.text}” is cut off at ${text.size}")
        }
        val (bounds, position) = node.boundsInRoot to node.positionInRoot
        if (layouts.isNotEmpty() && bounds.width > 0) {
            assertTrue(position.x >= -0.5f && position.x + node.size.width <= WIDE + 0.5f, "$where: “${node.words}” runs out of the screen")
        }
    }
}

/**
 * Taps it, wherever it is by then: what stands above it may grow by a line while the outbox works, and a finger's place would be found
 * before that.
 */
internal fun SemanticsNodeInteraction.tap(): SemanticsNodeInteraction = performSemanticsAction(SemanticsActions.OnClick)
