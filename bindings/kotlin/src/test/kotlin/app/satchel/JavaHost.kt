/*
 * A host that carries requests itself, by `java.net.http`.
 */
package app.satchel

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import java.io.IOException
import java.net.ConnectException
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpConnectTimeoutException
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.net.http.HttpTimeoutException
import java.security.MessageDigest
import java.security.cert.CertificateException
import java.security.cert.X509Certificate
import java.util.Base64
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLEngine
import javax.net.ssl.SSLException
import javax.net.ssl.X509ExtendedTrustManager
import kotlin.time.toJavaDuration

/** Carries steps, and tells what came of them. */
internal class JavaHost(private val satchel: Satchel, private val owner: String) {
    /** Asks for steps and carries them, until there are none. Returns how many it carried. */
    suspend fun carryAll(limits: HostLimits): Int {
        var carried = 0
        while (true) {
            val steps = satchel.hostSteps(owner, limits).steps
            if (steps.isEmpty()) return carried
            for (step in steps) {
                satchel.hostOutcome(step.lease, carry(step))
                carried += 1
            }
        }
    }

    /** One request; the reply or why none came. */
    suspend fun carry(step: HostStep): HostOutcome = try {
        val reply =
            runInterruptible(Dispatchers.IO) {
                client(step.pin).send(request(step), BodyHandlers.ofByteArray())
            }
        val headers = reply.headers().map().flatMap { (name, values) -> values.map { Header(name, it) } }
        val peer =
            when {
                step.pin != null -> Peer.Pin
                step.url.startsWith("https:") -> Peer.Root
                else -> Peer.Unknown
            }
        HostOutcome.Reply(reply.statusCode(), headers, reply.body(), reply.uri().toString(), peer, step.body?.length)
    } catch (_: HttpConnectTimeoutException) {
        HostOutcome.Cut(HostCut.NoConnection, 0)
    } catch (_: ConnectException) {
        HostOutcome.Cut(HostCut.NoConnection, 0)
    } catch (_: HttpTimeoutException) {
        HostOutcome.Cut(HostCut.NoReply)
    } catch (failure: SSLException) {
        val certificate = generateSequence<Throwable>(failure) { it.cause }.any { it is CertificateException }
        HostOutcome.Cut(if (certificate) HostCut.Certificate else HostCut.Handshake, 0)
    } catch (_: IOException) {
        HostOutcome.Cut(HostCut.Reset)
    }

    private fun request(step: HostStep): HttpRequest {
        val body = step.body?.let { BodyPublishers.ofFile(it.path.toPath()) } ?: BodyPublishers.noBody()
        val request = HttpRequest.newBuilder(URI(step.url)).method(step.method, body)
        step.headers.forEach { request.header(it.name, it.value) }
        return request.timeout((step.stall + step.reply).toJavaDuration()).build()
    }

    /** A client for each request, so each goes over a fresh connection. */
    private fun client(pin: String?): HttpClient {
        val client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NEVER)
        if (pin != null) {
            client.sslContext(SSLContext.getInstance("TLS").apply { init(null, arrayOf(Pinned(pin)), null) })
        }
        return client.build()
    }

    /** Believes whoever has the key that was pinned at pairing, and nobody else. */
    private class Pinned(private val pin: String) : X509ExtendedTrustManager() {
        private fun check(chain: Array<out X509Certificate>) {
            val hash = MessageDigest.getInstance("SHA-256").digest(chain.first().publicKey.encoded)
            val seen = Base64.getUrlEncoder().withoutPadding().encodeToString(hash)
            if (seen != pin) throw CertificateException("another key than the pinned one")
        }

        override fun checkServerTrusted(chain: Array<out X509Certificate>, type: String) = check(chain)

        override fun checkServerTrusted(chain: Array<out X509Certificate>, type: String, socket: Socket) = check(chain)

        override fun checkServerTrusted(chain: Array<out X509Certificate>, type: String, engine: SSLEngine) = check(chain)

        override fun checkClientTrusted(chain: Array<out X509Certificate>, type: String) = throw CertificateException("no server")

        override fun checkClientTrusted(chain: Array<out X509Certificate>, type: String, socket: Socket) =
            throw CertificateException("no server")

        override fun checkClientTrusted(chain: Array<out X509Certificate>, type: String, engine: SSLEngine) =
            throw CertificateException("no server")

        override fun getAcceptedIssuers(): Array<X509Certificate> = emptyArray()
    }
}
