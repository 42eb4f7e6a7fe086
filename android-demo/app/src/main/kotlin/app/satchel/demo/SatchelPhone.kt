/*
 * The phone as the state holders see it: a SatchelHost.
 */
package app.satchel.demo

import app.satchel.AssetId
import app.satchel.Link
import app.satchel.Power
import app.satchel.Satchel
import app.satchel.SentNow
import app.satchel.Wake
import app.satchel.android.SatchelHost
import app.satchel.demo.state.Phone
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlin.time.Duration

internal class SatchelPhone(private val host: SatchelHost, scope: CoroutineScope) : Phone {
    override val link: StateFlow<Link> get() = host.link
    override val power: StateFlow<Power> get() = host.power
    override val lastStop: StateFlow<String?> =
        host.lastStop
            .map {
                it?.words
            }.stateIn(scope, SharingStarted.Eagerly, host.lastStop.value?.words)

    override suspend fun satchel(): Satchel = host.satchel()

    override fun pretendLink(link: Link?) {
        host.pretendLink = link
    }

    override suspend fun sendNow(assets: List<AssetId>): SentNow = host.sendNow(assets)

    override suspend fun run(atMost: Duration): Wake = host.run(atMost)

    override suspend fun reschedule(): Unit = host.reschedule()
}
