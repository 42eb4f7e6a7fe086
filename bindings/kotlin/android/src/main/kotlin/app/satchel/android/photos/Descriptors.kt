/*
 * Open files, as the system has them.
 */
package app.satchel.android.photos

import android.os.Build
import android.os.FileUtils
import android.os.ParcelFileDescriptor
import app.satchel.android.RequiresLevel
import java.io.File
import java.io.FileDescriptor
import java.io.FileInputStream
import java.io.FileOutputStream

/** What is done with open files. */
internal interface Descriptors {
    /** Whether it is a regular file, which can be read from anywhere and whose length is known. */
    fun isRegular(opened: ParcelFileDescriptor): Boolean

    /** Gives it away: whoever has the number closes it. */
    fun detach(opened: ParcelFileDescriptor): Int

    /** Writes all that comes out of it to a file; in the system's kernel where that can be. */
    fun copy(opened: ParcelFileDescriptor, to: File)
}

/** The system's own. */
internal object SystemDescriptors : Descriptors {
    override fun isRegular(opened: ParcelFileDescriptor): Boolean = opened.statSize >= 0

    override fun detach(opened: ParcelFileDescriptor): Int = opened.detachFd()

    override fun copy(opened: ParcelFileDescriptor, to: File) {
        FileOutputStream(to).use { out ->
            if (Build.VERSION.SDK_INT >= 29) inKernel(opened.fileDescriptor, out.fd) else inPieces(opened.fileDescriptor, out)
            out.fd.sync()
        }
        // What a provider could not finish, it says only when it is asked.
        opened.checkError()
    }

    @RequiresLevel(29)
    private fun inKernel(from: FileDescriptor, to: FileDescriptor) {
        FileUtils.copy(from, to)
    }

    /** Not by channels: they ask where in the file they are, and a pipe has no such place. */
    private fun inPieces(from: FileDescriptor, to: FileOutputStream) {
        FileInputStream(from).copyTo(to, PIECE)
    }

    private const val PIECE = 1 shl 16
}
