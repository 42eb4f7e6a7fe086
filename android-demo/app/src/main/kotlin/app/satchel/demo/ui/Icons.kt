/*
 * The app's own icons, drawn on 24 by 24. None of them says anything alone: a label or a content description stands with each.
 */
package app.satchel.demo.ui

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.graphics.vector.PathBuilder
import androidx.compose.ui.graphics.vector.path
import androidx.compose.ui.unit.dp

private fun drawn(name: String, line: PathBuilder.() -> Unit): ImageVector = ImageVector
    .Builder(name, 24.dp, 24.dp, 24f, 24f)
    .apply {
        path(
            stroke = SolidColor(Color.Black),
            strokeLineWidth = 2f,
            strokeLineCap = StrokeCap.Round,
            strokeLineJoin = StrokeJoin.Round,
            pathBuilder = line,
        )
    }.build()

private fun PathBuilder.circle(x: Float, y: Float, r: Float) {
    moveTo(x - r, y)
    arcTo(r, r, 0f, isMoreThanHalf = true, isPositiveArc = true, x + r, y)
    arcTo(r, r, 0f, isMoreThanHalf = true, isPositiveArc = true, x - r, y)
    close()
}

/** The icons. */
object Icons {
    /** A tray with an arrow out of it: the outbox. */
    val Outbox: ImageVector by lazy {
        drawn("outbox") {
            moveTo(12f, 14f)
            lineTo(12f, 3.5f)
            moveTo(8f, 7f)
            lineTo(12f, 3f)
            lineTo(16f, 7f)
            moveTo(4f, 13f)
            lineTo(4f, 20f)
            lineTo(20f, 20f)
            lineTo(20f, 13f)
        }
    }

    /** Bars of reception. */
    val Link: ImageVector by lazy {
        drawn("link") {
            moveTo(5f, 20f)
            lineTo(5f, 16f)
            moveTo(12f, 20f)
            lineTo(12f, 11f)
            moveTo(19f, 20f)
            lineTo(19f, 5f)
        }
    }

    /** Two sliders. */
    val Settings: ImageVector by lazy {
        drawn("settings") {
            moveTo(4f, 8f)
            lineTo(7f, 8f)
            moveTo(13f, 8f)
            lineTo(20f, 8f)
            circle(10f, 8f, 2.5f)
            moveTo(4f, 16f)
            lineTo(11f, 16f)
            moveTo(17f, 16f)
            lineTo(20f, 16f)
            circle(14f, 16f, 2.5f)
        }
    }

    /** A flask. */
    val Tester: ImageVector by lazy {
        drawn("tester") {
            moveTo(9f, 3f)
            lineTo(15f, 3f)
            moveTo(10f, 3f)
            lineTo(10f, 9.5f)
            lineTo(4.8f, 18.5f)
            arcTo(1.7f, 1.7f, 0f, isMoreThanHalf = false, isPositiveArc = false, 6.3f, 21f)
            lineTo(17.7f, 21f)
            arcTo(1.7f, 1.7f, 0f, isMoreThanHalf = false, isPositiveArc = false, 19.2f, 18.5f)
            lineTo(14f, 9.5f)
            lineTo(14f, 3f)
            moveTo(7.5f, 15f)
            lineTo(16.5f, 15f)
        }
    }

    val Add: ImageVector by lazy {
        drawn("add") {
            moveTo(12f, 5f)
            lineTo(12f, 19f)
            moveTo(5f, 12f)
            lineTo(19f, 12f)
        }
    }

    val Pause: ImageVector by lazy {
        drawn("pause") {
            moveTo(8.5f, 6f)
            lineTo(8.5f, 18f)
            moveTo(15.5f, 6f)
            lineTo(15.5f, 18f)
        }
    }

    val Play: ImageVector by lazy {
        drawn("play") {
            moveTo(8f, 5f)
            lineTo(19f, 12f)
            lineTo(8f, 19f)
            close()
        }
    }

    val Back: ImageVector by lazy {
        drawn("back") {
            moveTo(20f, 12f)
            lineTo(4.5f, 12f)
            moveTo(11f, 5f)
            lineTo(4f, 12f)
            lineTo(11f, 19f)
        }
    }

    val Close: ImageVector by lazy {
        drawn("close") {
            moveTo(6f, 6f)
            lineTo(18f, 18f)
            moveTo(18f, 6f)
            lineTo(6f, 18f)
        }
    }

    val Done: ImageVector by lazy {
        drawn("done") {
            moveTo(5f, 12.5f)
            lineTo(10f, 17.5f)
            lineTo(19.5f, 7f)
        }
    }

    /** A clock. */
    val Waiting: ImageVector by lazy {
        drawn("waiting") {
            circle(12f, 12f, 8.5f)
            moveTo(12f, 7.5f)
            lineTo(12f, 12f)
            lineTo(15f, 14f)
        }
    }

    val Sending: ImageVector by lazy {
        drawn("sending") {
            moveTo(12f, 20f)
            lineTo(12f, 4.5f)
            moveTo(6f, 10f)
            lineTo(12f, 4f)
            lineTo(18f, 10f)
        }
    }

    /** A triangle with an exclamation mark. */
    val NeedsYou: ImageVector by lazy {
        drawn("needs you") {
            moveTo(12f, 4f)
            lineTo(21.5f, 20f)
            lineTo(2.5f, 20f)
            close()
            moveTo(12f, 10f)
            lineTo(12f, 14f)
            moveTo(12f, 17f)
            lineTo(12f, 17.05f)
        }
    }

    val Remove: ImageVector by lazy {
        drawn("remove") {
            moveTo(4f, 7f)
            lineTo(20f, 7f)
            moveTo(9f, 7f)
            lineTo(9f, 4f)
            lineTo(15f, 4f)
            lineTo(15f, 7f)
            moveTo(6.5f, 7f)
            lineTo(7.5f, 20.5f)
            lineTo(16.5f, 20.5f)
            lineTo(17.5f, 7f)
        }
    }

    /** An arrow in a circle. */
    val Retry: ImageVector by lazy {
        drawn("retry") {
            moveTo(19.5f, 12f)
            arcTo(7.5f, 7.5f, 0f, isMoreThanHalf = true, isPositiveArc = true, 17f, 6.4f)
            moveTo(17.5f, 2.5f)
            lineTo(17.5f, 7f)
            lineTo(13f, 7f)
        }
    }

    /** The corners of a code. */
    val Scan: ImageVector by lazy {
        drawn("scan") {
            moveTo(4f, 8f)
            lineTo(4f, 4f)
            lineTo(8f, 4f)
            moveTo(16f, 4f)
            lineTo(20f, 4f)
            lineTo(20f, 8f)
            moveTo(20f, 16f)
            lineTo(20f, 20f)
            lineTo(16f, 20f)
            moveTo(8f, 20f)
            lineTo(4f, 20f)
            lineTo(4f, 16f)
            moveTo(9f, 9f)
            lineTo(15f, 9f)
            lineTo(15f, 15f)
            lineTo(9f, 15f)
            close()
        }
    }

    /** A frame with hills: a picture that cannot be drawn. */
    val Picture: ImageVector by lazy {
        drawn("picture") {
            moveTo(4f, 5f)
            lineTo(20f, 5f)
            lineTo(20f, 19f)
            lineTo(4f, 19f)
            close()
            moveTo(4f, 16.5f)
            lineTo(9f, 11.5f)
            lineTo(13f, 15.5f)
            lineTo(15.5f, 13f)
            lineTo(20f, 17f)
        }
    }

    /** A film. */
    val Film: ImageVector by lazy {
        drawn("film") {
            moveTo(9.5f, 7.5f)
            lineTo(17f, 12f)
            lineTo(9.5f, 16.5f)
            close()
        }
    }

    /** An arrow out of a box. */
    val Share: ImageVector by lazy {
        drawn("share") {
            moveTo(12f, 15f)
            lineTo(12f, 3.5f)
            moveTo(8f, 7f)
            lineTo(12f, 3f)
            lineTo(16f, 7f)
            moveTo(8f, 11f)
            lineTo(5f, 11f)
            lineTo(5f, 21f)
            lineTo(19f, 21f)
            lineTo(19f, 11f)
            lineTo(16f, 11f)
        }
    }
}
