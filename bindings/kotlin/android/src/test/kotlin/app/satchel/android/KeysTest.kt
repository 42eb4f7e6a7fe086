package app.satchel.android

import android.security.keystore.KeyPermanentlyInvalidatedException
import app.satchel.AssetState
import app.satchel.Receiver
import app.satchel.android.keys.AndroidKeyShelf
import app.satchel.android.keys.KeyShelf
import app.satchel.android.keys.isLost
import app.satchel.photo
import app.satchel.real
import app.satchel.until
import org.junit.Test
import java.io.File
import java.security.InvalidKeyException
import java.security.Key
import java.security.KeyStoreException
import java.security.ProviderException
import java.security.UnrecoverableKeyException
import javax.crypto.KeyGenerator
import javax.crypto.spec.SecretKeySpec
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Tokens under a key of a key store that behaves, and one that does not. (Robolectric has none; the real one needs a phone.) */
internal class KeysTest : OnPhone() {
    private class Shelf : KeyShelf {
        var key: Key? = null
        var isShut = false
        var made = 0

        override fun find(): Key? = if (isShut) throw ProviderException("the key store does not answer") else key

        override fun make(): Key = KeyGenerator.getInstance("AES").apply { init(256) }.generateKey().also {
            key = it
            made += 1
        }
    }

    private val shelf = Shelf()
    private val sealed get() = File(folder, "sealed")

    private fun credentials() = KeystoreCredentials(sealed, shelf)

    @Test
    fun `tokens are kept sealed and one by one`() {
        credentials().store("https://one.example", "first-token")
        credentials().store("https://two.example", "second-token")
        credentials().store("https://one.example", "third-token")
        assertEquals("third-token", credentials().load("https://one.example"))
        assertEquals("second-token", credentials().load("https://two.example"))
        assertNull(credentials().load("https://three.example"))
        assertEquals(1, shelf.made)
        val files = sealed.listFiles()!!
        assertEquals(2, files.size)
        for (file in files) {
            assertFalse("token" in String(file.readBytes(), Charsets.ISO_8859_1), "it is readable")
            assertFalse("example" in file.name)
        }
        // One target's token is not another's, whoever moves files.
        files[0].copyTo(files[1], overwrite = true)
        assertEquals(1, listOf("https://one.example", "https://two.example").mapNotNull(credentials()::load).size)
    }

    @Test
    fun `a key that is lost is no token and the next one is kept`() {
        credentials().store("t", "old")
        shelf.key = null
        assertNull(credentials().load("t"), "restored on another phone")
        shelf.make()
        assertNull(credentials().load("t"), "another key")
        shelf.key = SecretKeySpec(ByteArray(5), "AES")
        assertNull(credentials().load("t"), "a key that was made void")
        credentials().store("t", "new")
        assertEquals("new", credentials().load("t"))
        sealed.listFiles()!!.single().writeBytes(byteArrayOf(1, 2, 3))
        assertNull(credentials().load("t"))
    }

    @Test
    fun `a key store that is shut is not taken for an empty one`() {
        credentials().store("t", "token")
        shelf.isShut = true
        assertFailsWith<ProviderException> { credentials().load("t") }
        shelf.isShut = false
        assertEquals("token", credentials().load("t"))
    }

    @Test
    fun `with the key store shut the outbox takes photos all the same`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            network()
            start(credentials = { credentials() }).run {
                satchel().pair(receiver.pairingCode(), "a phone")
                end()
            }
            shelf.isShut = true
            val host = start(credentials = { credentials() })
            val id = host.satchel().add(photo(folder, "one.jpg")).id
            until("it is tried again") { host.trouble.value is ProviderException }
            host.run()
            assertIs<AssetState.Waiting>(host.satchel().asset(id).state)
            shelf.isShut = false
            assertIs<AssetState.Delivered>(host.deliver(id).state)
            assertTrue(receiver.completed().isNotEmpty())
        }
    }

    @Test
    fun `a key store that fails for a moment does not cost the other tokens`() {
        FakeKeystore.install()
        val kept = KeystoreCredentials(sealed, AndroidKeyShelf)
        kept.store("one", "first-token")
        FakeKeystore.failure = { failing("Failed to obtain information about key", KeyStoreException("System error")) }
        assertFailsWith<ProviderException>("that it cannot tell is not said") { kept.load("one") }
        assertFailsWith<ProviderException>("a new key is made in place of the one that there is") { kept.store("two", "second-token") }
        FakeKeystore.failure = null
        assertEquals("first-token", kept.load("one"))
        // For good: it says so itself, and gives no cause.
        FakeKeystore.failure = { failing("Key permanently invalidated", null) }
        assertNull(kept.load("one"))
        FakeKeystore.failure = null
    }

    private fun failing(words: String, why: Throwable?) = UnrecoverableKeyException(words).apply { if (why != null) initCause(why) }

    @Test
    fun `whether a key is lost is told by the cause`() {
        assertTrue(isLost(InvalidKeyException("Invalid AES key length: 5 bytes")))
        assertTrue(isLost(KeyPermanentlyInvalidatedException("Key permanently invalidated")))
        assertFalse(isLost(InvalidKeyException("Keystore operation failed", KeyStoreException("Too many operations"))))
    }
}
