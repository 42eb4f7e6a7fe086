/*
 * The targets' tokens, sealed with a key that never leaves the phone's key store.
 */
package app.satchel.android

import android.content.Context
import android.util.AtomicFile
import app.satchel.Credentials
import app.satchel.android.keys.AndroidKeyShelf
import app.satchel.android.keys.KeyShelf
import app.satchel.android.keys.isLost
import java.io.File
import java.io.FileNotFoundException
import java.security.GeneralSecurityException
import java.security.InvalidKeyException
import java.security.MessageDigest
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.spec.GCMParameterSpec

/**
 * Keeps each token in a file of its own in the app's no-backup folder, sealed by AES-256-GCM with a key in Android's Keystore. The key
 * can be used once the phone was unlocked after its start, so that jobs can send while it is locked again.
 *
 * A token whose key is lost (the app's files came from another phone, or the key store was reset) counts as none: the device is to be
 * paired again. A key store that fails for the moment throws; the outbox then opens without tokens, and sending waits.
 */
public class KeystoreCredentials internal constructor(private val folder: File, private val shelf: KeyShelf) : Credentials {
    /** Keeps tokens of this app. */
    public constructor(context: Context) : this(File(context.noBackupFilesDir, "satchel-keys"), AndroidKeyShelf)

    @Synchronized
    override fun load(target: String): String? {
        val sealed =
            try {
                fileOf(target).readFully()
            } catch (_: FileNotFoundException) {
                return null
            }
        if (sealed.size <= 1 + NONCE || sealed[0] != VERSION) return null
        val key = shelf.find() ?: return null
        return try {
            val cipher = Cipher.getInstance(CIPHER)
            cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 1, NONCE))
            cipher.updateAAD(target.toByteArray())
            String(cipher.doFinal(sealed, 1 + NONCE, sealed.size - 1 - NONCE))
        } catch (_: AEADBadTagException) {
            // Sealed with a key that is not there any more.
            null
        } catch (failure: InvalidKeyException) {
            if (!isLost(failure)) throw failure
            null
        }
    }

    @Synchronized
    override fun store(target: String, token: String) {
        val key = shelf.find() ?: shelf.make()
        val sealed =
            try {
                seal(target, token, key)
            } catch (failure: InvalidKeyException) {
                if (!isLost(failure)) throw failure
                seal(target, token, shelf.make())
            }
        folder.mkdirs()
        val file = fileOf(target)
        val stream = file.startWrite()
        try {
            stream.write(sealed)
            file.finishWrite(stream)
        } catch (failure: Exception) {
            file.failWrite(stream)
            throw failure
        }
    }

    private fun seal(target: String, token: String, key: java.security.Key): ByteArray {
        val cipher = Cipher.getInstance(CIPHER)
        // The key store draws the nonce.
        cipher.init(Cipher.ENCRYPT_MODE, key)
        cipher.updateAAD(target.toByteArray())
        val body = cipher.doFinal(token.toByteArray())
        if (cipher.iv.size != NONCE) throw GeneralSecurityException("the key store drew a nonce of ${cipher.iv.size} bytes")
        return byteArrayOf(VERSION) + cipher.iv + body
    }

    /** By the target's hash: a folder's listing says nothing of where the photos go. */
    private fun fileOf(target: String): AtomicFile {
        val hash = MessageDigest.getInstance("SHA-256").digest(target.toByteArray()).joinToString("") { "%02x".format(it) }
        return AtomicFile(File(folder, hash))
    }

    private companion object {
        const val CIPHER = "AES/GCM/NoPadding"
        const val VERSION: Byte = 1
        const val NONCE = 12
        const val TAG_BITS = 128
    }
}
