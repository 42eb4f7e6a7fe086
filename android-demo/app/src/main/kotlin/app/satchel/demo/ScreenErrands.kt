/*
 * What screens begin outside of the app. The activity that is on the screen does it; while none is, nothing can ask for it.
 */
package app.satchel.demo

import app.satchel.demo.state.Errands
import java.io.File

class ScreenErrands : Errands {
    /** The activity on the screen. */
    var screen: Errands? = null

    override fun pickPhotos(): Unit = screen?.pickPhotos() ?: Unit

    override fun scanCode(): Unit = screen?.scanCode() ?: Unit

    override fun askForPhotos(): Unit = screen?.askForPhotos() ?: Unit

    override fun openSignIn(): Unit = screen?.openSignIn() ?: Unit

    override fun share(text: String): Unit = screen?.share(text) ?: Unit

    override fun shareFile(file: File, type: String): Unit = screen?.shareFile(file, type) ?: Unit

    override fun killProcess(): Unit = screen?.killProcess() ?: Unit
}
