/*
 * What went, as bars: one for each day, its parts by what the network cost. The same stands below it in words.
 */
package app.satchel.demo.ui

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.size
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.CornerRadius
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.graphics.drawscope.clipRect
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.satchel.LinkClass
import app.satchel.demo.state.LedgerDay
import app.satchel.demo.state.amount
import app.satchel.demo.state.ledgerWords
import app.satchel.demo.state.words

/** The chart, its legend, and on demand the days in words. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
fun LedgerChart(days: List<LedgerDay>) {
    var inWords by remember { mutableStateOf(false) }
    val today = days.last().day
    val all = LinkClass.entries.associateWith { kind -> days.sumOf { it.bytes[kind] ?: 0 } }.filterValues { it > 0 }
    Text(
        "${amount(all.values.sum())} in ${days.size} ${if (days.size == 1) "day" else "days"}",
        style = MaterialTheme.typography.titleMedium,
    )
    Text("Most in a day: ${amount(days.maxOf { it.total })}", style = MaterialTheme.typography.bodySmall)
    Bars(days, days.joinToString(". ") { ledgerWords(it, today) })
    Row(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.SpaceBetween) {
        val small = MaterialTheme.typography.bodySmall
        if (days.size > 1) Text(ledgerWords(days.first(), today).substringBefore(":"), Modifier.weight(1f), style = small)
        Text("Today", style = small)
    }
    FlowRow(horizontalArrangement = Arrangement.spacedBy(16.dp), verticalArrangement = Arrangement.spacedBy(4.dp)) {
        all.forEach { (kind, bytes) ->
            Row(verticalAlignment = Alignment.CenterVertically, horizontalArrangement = Arrangement.spacedBy(8.dp)) {
                val (colour, ground) = demoColours.of(kind) to MaterialTheme.colorScheme.surfaceContainerLow
                Canvas(Modifier.size(scaled(14))) { part(kind, colour, ground, Offset.Zero, size) }
                Text("${kind.words} ${amount(bytes)}", style = MaterialTheme.typography.bodyMedium)
            }
        }
    }
    days.sumOf { it.wasted }.takeIf { it > 0 }?.let { Explanation("${amount(it)} of it was lost to broken connections.") }
    TextButton({ inWords = !inWords }) { Text(if (inWords) "Hide the days in words" else "Show the days in words") }
    if (inWords) {
        Column(verticalArrangement = Arrangement.spacedBy(4.dp)) { days.reversed().forEach { Explanation(ledgerWords(it, today)) } }
    }
}

@Composable
private fun Bars(days: List<LedgerDay>, words: String) {
    val most = days.maxOf { it.total }.coerceAtLeast(1)
    val colours = LinkClass.entries.associateWith { demoColours.of(it) }
    val line = MaterialTheme.colorScheme.outline
    val ground = MaterialTheme.colorScheme.surfaceContainerLow
    Canvas(Modifier.fillMaxWidth().height(120.dp).semantics { contentDescription = words }) {
        val slot = size.width / days.size
        val width = minOf(slot * 0.7f, 40.dp.toPx())
        days.forEachIndexed { index, day ->
            var top = size.height
            val left = if (days.size == 1) (size.width - width) else slot * index + (slot - width) / 2
            LinkClass.entries.forEach { kind ->
                val bytes = day.bytes[kind] ?: 0
                if (bytes > 0) {
                    val tall = (size.height * bytes / most).coerceAtLeast(2.dp.toPx())
                    top -= tall
                    // A gap, so that parts stand apart without their colours, too.
                    val gap = if (tall > 4.dp.toPx()) 1.dp.toPx() else 0f
                    part(kind, colours.getValue(kind), ground, Offset(left, top), Size(width, tall - gap))
                }
            }
        }
        drawLine(line, Offset(0f, size.height), Offset(size.width, size.height), 1.dp.toPx())
    }
}

/** A part in the pattern of its class, for who does not tell the colours apart: full, slanted, level, or hollow. */
private fun DrawScope.part(kind: LinkClass, colour: Color, ground: Color, at: Offset, size: Size) {
    val (round, thin) = CornerRadius(2.dp.toPx()) to 1.5.dp.toPx()
    if (kind == LinkClass.Unknown) {
        drawRoundRect(colour, at + Offset(thin / 2, thin / 2), Size(size.width - thin, size.height - thin), round, Stroke(thin))
        return
    }
    drawRoundRect(colour, at, size, round)
    val step = 5.dp.toPx()
    clipRect(at.x, at.y, at.x + size.width, at.y + size.height) {
        when (kind) {
            LinkClass.Metered -> {
                generateSequence(at.x - size.height) { it + step }.takeWhile { it < at.x + size.width }.forEach { x ->
                    drawLine(ground, Offset(x, at.y + size.height), Offset(x + size.height, at.y), thin)
                }
            }

            LinkClass.Roaming -> {
                generateSequence(at.y + step / 2) { it + step }.takeWhile { it < at.y + size.height }.forEach { y ->
                    drawLine(ground, Offset(at.x, y), Offset(at.x + size.width, y), thin)
                }
            }

            else -> {
                Unit
            }
        }
    }
}
