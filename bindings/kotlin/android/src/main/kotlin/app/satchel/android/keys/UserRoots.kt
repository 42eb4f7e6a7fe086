/*
 * The authorities that the phone's owner installed.
 */
package app.satchel.android.keys

import android.util.Base64
import java.security.KeyStore

/** Their certificates in PEM; none where the phone has no such store. */
internal fun userRoots(): List<String> = try {
    val store = KeyStore.getInstance("AndroidCAStore").apply { load(null) }
    store.aliases().asSequence().filter { it.startsWith("user:") }.mapNotNull(store::getCertificate).map { pem(it.encoded) }.toList()
} catch (_: java.security.GeneralSecurityException) {
    emptyList()
}

private fun pem(certificate: ByteArray): String =
    "-----BEGIN CERTIFICATE-----\n" + Base64.encodeToString(certificate, Base64.DEFAULT).trimEnd() + "\n-----END CERTIFICATE-----\n"
