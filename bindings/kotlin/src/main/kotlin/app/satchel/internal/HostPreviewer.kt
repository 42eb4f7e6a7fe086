package app.satchel.internal

import app.satchel.PreviewRequest
import app.satchel.Previewer
import java.io.File
import app.satchel.internal.ffi.PreviewRequest as RawPreviewRequest
import app.satchel.internal.ffi.Previewer as RawPreviewer
import app.satchel.internal.ffi.SatchelException as RawException

/** The app's previewer as the library calls it. Whatever is thrown is caught, as by [HostCredentials]. */
internal class HostPreviewer(private val previewer: Previewer) : RawPreviewer {
    override fun picture(request: RawPreviewRequest): Boolean = asking { previewer.picture(request.toApi()) }

    override fun film(request: RawPreviewRequest): Boolean = asking { previewer.film(request.toApi()) }

    private inline fun asking(ask: () -> Boolean): Boolean = try {
        ask()
    } catch (thrown: Throwable) {
        // This ends in the log: what it says may name the original.
        throw RawException.Host("the app's previewer threw ${thrown::class.java.simpleName}")
    }
}

private fun RawPreviewRequest.toApi(): PreviewRequest =
    PreviewRequest(source.toApi(), kind.toApi(), mediaType, bytes.toLong(), longest.toInt(), File(to))
