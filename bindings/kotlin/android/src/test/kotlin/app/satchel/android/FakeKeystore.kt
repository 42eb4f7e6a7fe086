/*
 * A provider by the name of Android's key store, in memory: Robolectric has none. Its keys could be read; all else is alike.
 */
package app.satchel.android

import android.security.keystore.KeyGenParameterSpec
import java.io.InputStream
import java.io.OutputStream
import java.security.InvalidAlgorithmParameterException
import java.security.Key
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.SecureRandom
import java.security.Security
import java.security.UnrecoverableKeyException
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import java.util.concurrent.ConcurrentHashMap
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

internal object FakeKeystore {
    val keys = ConcurrentHashMap<String, SecretKey>()

    /** What asking for a key throws, where it is to fail. */
    @Volatile
    var failure: (() -> UnrecoverableKeyException)? = null

    /** Puts an empty one in its place. */
    fun install() {
        failure = null
        keys.clear()
        Security.removeProvider("AndroidKeyStore")
        Security.addProvider(FakeProvider())
    }

    class FakeProvider : Provider("AndroidKeyStore", "1", "in memory") {
        init {
            putService(Made(this, "KeyStore", "AndroidKeyStore") { Store() })
            putService(Made(this, "KeyGenerator", "AES") { Generator() })
        }
    }

    private class Made(provider: Provider, type: String, algorithm: String, private val make: () -> Any) :
        Provider.Service(provider, type, algorithm, "none", null, null) {
        override fun newInstance(parameter: Any?): Any = make()
    }

    private class Generator : KeyGeneratorSpi() {
        private lateinit var spec: KeyGenParameterSpec

        override fun engineInit(random: SecureRandom?) = throw UnsupportedOperationException("a KeyGenParameterSpec is needed")

        override fun engineInit(bits: Int, random: SecureRandom?) = throw UnsupportedOperationException("a KeyGenParameterSpec is needed")

        override fun engineInit(parameters: AlgorithmParameterSpec?, random: SecureRandom?) {
            spec = parameters as? KeyGenParameterSpec ?: throw InvalidAlgorithmParameterException("a KeyGenParameterSpec is needed")
        }

        override fun engineGenerateKey(): SecretKey {
            check(!spec.isUserAuthenticationRequired && "GCM" in spec.blockModes && "NoPadding" in spec.encryptionPaddings)
            val key = SecretKeySpec(ByteArray(spec.keySize / 8).also(SecureRandom()::nextBytes), "AES")
            keys[spec.keystoreAlias] = key
            return key
        }
    }

    private class Store : KeyStoreSpi() {
        override fun engineLoad(stream: InputStream?, password: CharArray?) {}

        override fun engineStore(stream: OutputStream?, password: CharArray?) {}

        override fun engineGetKey(alias: String, password: CharArray?): Key? = failure?.let { throw it() } ?: keys[alias]

        override fun engineAliases(): Enumeration<String> = Collections.enumeration(keys.keys)

        override fun engineContainsAlias(alias: String) = keys.containsKey(alias)

        override fun engineSize() = keys.size

        override fun engineIsKeyEntry(alias: String) = keys.containsKey(alias)

        override fun engineIsCertificateEntry(alias: String) = false

        override fun engineDeleteEntry(alias: String) {
            keys.remove(alias)
        }

        override fun engineGetCertificate(alias: String): Certificate? = null

        override fun engineGetCertificateChain(alias: String): Array<Certificate>? = null

        override fun engineGetCreationDate(alias: String): Date? = null

        override fun engineGetCertificateAlias(certificate: Certificate): String? = null

        override fun engineSetKeyEntry(alias: String, key: Key, password: CharArray?, chain: Array<Certificate>?) = no()

        override fun engineSetKeyEntry(alias: String, key: ByteArray, chain: Array<Certificate>?) = no()

        override fun engineSetCertificateEntry(alias: String, certificate: Certificate) = no()

        private fun no(): Nothing = throw UnsupportedOperationException("keys are made here")
    }
}
