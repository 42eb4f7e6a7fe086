package app.satchel.android

import android.os.ParcelFileDescriptor
import app.satchel.android.photos.Descriptors
import app.satchel.android.photos.SystemDescriptors
import com.sun.jna.Library
import com.sun.jna.Native
import java.io.File

/**
 * Robolectric's descriptors are files of the JVM's, which closes them by itself: the number that is given away must be another. What
 * tells a pipe from a file is the system's own word, by fstat.
 */
internal object TestDescriptors : Descriptors {
    private interface Libc : Library {
        fun dup(fd: Int): Int
    }

    private val libc: Libc by lazy { Native.load("c", Libc::class.java) }

    /** The process's own open files, by number. */
    private fun openFile(opened: ParcelFileDescriptor) = File("/proc/self/fd/${opened.fd}")

    override fun isRegular(opened: ParcelFileDescriptor): Boolean = openFile(opened).isFile

    override fun detach(opened: ParcelFileDescriptor): Int = libc.dup(opened.fd).also { opened.close() }

    override fun copy(opened: ParcelFileDescriptor, to: File) = SystemDescriptors.copy(opened, to)
}

/** Closes what was given away. */
internal object ParcelFileDescriptors {
    private interface Libc : Library {
        fun close(fd: Int): Int
    }

    private val libc: Libc by lazy { Native.load("c", Libc::class.java) }

    fun close(fd: Int) {
        check(libc.close(fd) == 0) { "it was no open descriptor" }
    }
}
