/*
 * Requests as a system carries them, by `java.net.http`.
 */
package app.satchel

import java.io.File
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
import java.time.Duration
import java.util.Base64
import java.util.concurrent.ConcurrentHashMap
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLEngine
import javax.net.ssl.SSLException
import javax.net.ssl.X509ExtendedTrustManager

/** A step's request, as a system keeps it. It holds the target's credential. */
internal class Transfer(
    val lease: String,
    val method: String,
    val url: String,
    val headers: List<Header>,
    val body: String?,
    val pin: String?,
    val freshConnection: Boolean,
    val milliseconds: Long,
) {
    constructor(step: HostStep) : this(
        step.lease,
        step.method,
        step.url,
        step.headers,
        step.body?.path?.path,
        step.pin,
        step.freshConnection,
        (step.stall + step.reply).inWholeMilliseconds,
    )

    /** The same with another file as its body. */
    fun with(body: String) = Transfer(lease, method, url, headers, body, pin, freshConnection, milliseconds)

    fun request(): HttpRequest {
        val publisher = body?.let { BodyPublishers.ofFile(File(it).toPath()) } ?: BodyPublishers.noBody()
        val request = HttpRequest.newBuilder(URI(url)).method(method, publisher)
        headers.forEach { request.header(it.name, it.value) }
        return request.timeout(Duration.ofMillis(milliseconds)).build()
    }
}

/** Carries transfers. */
internal class Wire {
    private val clients = ConcurrentHashMap<String, HttpClient>()

    /** The reply, or why none came. Waits for it. */
    fun carry(transfer: Transfer): HostOutcome = try {
        val reply = client(transfer).send(transfer.request(), BodyHandlers.ofByteArray())
        val headers = reply.headers().map().flatMap { (name, values) -> values.map { Header(name, it) } }
        val peer =
            when {
                transfer.pin != null -> Peer.Pin
                transfer.url.startsWith("https:") -> Peer.Root
                else -> Peer.Unknown
            }
        val sent = transfer.body?.let { File(it).length() }
        HostOutcome.Reply(reply.statusCode(), headers, reply.body(), reply.uri().toString(), peer, sent)
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

    private fun client(transfer: Transfer): HttpClient {
        val pin = transfer.pin.orEmpty()
        return if (transfer.freshConnection) newClient(pin) else clients.computeIfAbsent(pin, ::newClient)
    }

    private fun newClient(pin: String): HttpClient {
        val client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).followRedirects(HttpClient.Redirect.NEVER)
        if (pin.isNotEmpty()) {
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
