/*
 * Where the key lies that seals tokens.
 */
package app.satchel.android.keys

import android.os.Build
import android.security.KeyStoreException
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import app.satchel.android.RequiresLevel
import java.security.InvalidKeyException
import java.security.Key
import java.security.KeyStore
import java.security.ProviderException
import java.security.UnrecoverableKeyException
import javax.crypto.KeyGenerator

/** Whether a key that cannot be used never can be again; false when it may be by and by. Pure. */
internal fun isLost(failure: InvalidKeyException): Boolean = failure is KeyPermanentlyInvalidatedException || isForGood(failure.cause)

/** Android gives a cause where its key store failed, and none where the key is void. */
private fun isForGood(cause: Throwable?): Boolean = when {
    cause == null -> true
    Build.VERSION.SDK_INT >= 33 && isKeyGone(cause) -> true
    else -> cause.message in DAMAGED
}

@RequiresLevel(33)
private fun isKeyGone(cause: Throwable): Boolean = cause is KeyStoreException &&
    cause.numericErrorCode in listOf(KeyStoreException.ERROR_KEY_CORRUPTED, KeyStoreException.ERROR_KEY_DOES_NOT_EXIST)

/** Before there were numbers for it. */
private val DAMAGED = setOf("Invalid key blob", "Key blob corrupted")

/** Where the key lies. */
internal interface KeyShelf {
    /** The key; null when there is none, or none that can be used again. Throws when it cannot be told just now. */
    fun find(): Key?

    /** Makes a key, in place of an earlier one. */
    fun make(): Key
}

/** Android's Keystore. */
internal object AndroidKeyShelf : KeyShelf {
    private const val STORE = "AndroidKeyStore"
    private const val ALIAS = "app.satchel.tokens"
    private const val BITS = 256

    override fun find(): Key? = try {
        KeyStore.getInstance(STORE).apply { load(null) }.getKey(ALIAS, null)
    } catch (failure: UnrecoverableKeyException) {
        // Android throws this too when the key store cannot tell just now. To make another key then would cost every token.
        if (!isForGood(failure.cause)) throw ProviderException("the key store does not say whether it has the key", failure)
        null
    }

    override fun make(): Key {
        val spec =
            KeyGenParameterSpec
                .Builder(ALIAS, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(BITS)
                // No person has to confirm it: jobs send while the phone is locked.
                .setUserAuthenticationRequired(false)
                .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, STORE).apply { init(spec) }.generateKey()
    }
}
