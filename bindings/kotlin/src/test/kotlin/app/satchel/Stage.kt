/*
 * Where tests play: photos, an outbox's settings, a keystore in memory, and real time.
 */
package app.satchel

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.io.File
import java.util.concurrent.ConcurrentHashMap
import kotlin.io.path.createTempDirectory
import kotlin.random.Random
import kotlin.test.AfterTest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A folder for each test. An outbox closes its files soon after `close` returned, so it may take a moment until it can be deleted. */
internal abstract class InFolder {
    protected val folder: File = createTempDirectory("satchel-kotlin-").toFile()

    @AfterTest
    fun delete() = real { until("the folder is deleted") { folder.deleteRecursively() } }
}

/** Tokens, for as long as the test goes on. */
internal open class Keys : Credentials {
    private val kept = ConcurrentHashMap<String, String>()

    override fun load(target: String): String? = kept[target]

    override fun store(target: String, token: String) {
        kept[target] = token
    }
}

/** Runs in real time, and ends by itself. */
internal fun real(atMost: Duration = 120.seconds, test: suspend CoroutineScope.() -> Unit): Unit = runBlocking { withTimeout(atMost, test) }

/** Waits for a condition. */
internal suspend fun until(what: String, atMost: Duration = 30.seconds, condition: suspend () -> Boolean) {
    val steps = (atMost / 10.milliseconds).toInt()
    repeat(steps) {
        if (condition()) return
        delay(10.milliseconds)
    }
    error("not within $atMost: $what")
}

internal fun config(folder: File) = Config(File(folder, "outbox"), Policy.overAnyLink(), Link.FreeWifi)

/** A run that ends when nothing is due at once. */
internal val atOnce = RunOptions(linger = Duration.ZERO)

/** A file with the content that belongs to its name. */
internal fun photo(folder: File, name: String, bytes: Int = 20_000): File {
    folder.mkdirs()
    return File(folder, name).apply { writeBytes(Random(name.hashCode()).nextBytes(bytes)) }
}

/** Runs until an asset is delivered; as it is then. */
internal suspend fun Satchel.deliver(id: AssetId): Asset {
    var asset = asset(id)
    until("delivered", 60.seconds) {
        tryNow()
        run(atOnce)
        asset = asset(id)
        asset.state is AssetState.Delivered
    }
    return asset
}
