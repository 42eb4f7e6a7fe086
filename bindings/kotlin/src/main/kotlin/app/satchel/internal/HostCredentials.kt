package app.satchel.internal

import app.satchel.Credentials
import app.satchel.internal.ffi.Credentials as RawCredentials
import app.satchel.internal.ffi.SatchelException as RawException

/**
 * The app's credentials as the library calls them. Whatever is thrown is caught, `Error`s too: the generated code lets those pass
 * into native code, which would take the return for a success.
 */
internal class HostCredentials(private val credentials: Credentials) : RawCredentials {
    override fun load(target: String): String? = asked { credentials.load(target) }

    override fun store(target: String, token: String): Unit = asked { credentials.store(target, token) }

    override fun refresh(target: String, refused: String?): String? = try {
        credentials.refresh(target, refused)
    } catch (thrown: Throwable) {
        // Nobody asked for it, so this ends in the log.
        throw RawException.Host("the app's credentials threw ${thrown::class.java.simpleName}")
    }

    private inline fun <T> asked(ask: () -> T): T = try {
        ask()
    } catch (thrown: Throwable) {
        throw HostFailures.take(thrown)
    }
}
