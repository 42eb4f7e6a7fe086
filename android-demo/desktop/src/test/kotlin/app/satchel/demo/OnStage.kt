/*
 * A demo whose server has two ways to it, each of which a test can block.
 */
package app.satchel.demo

import app.satchel.AssetId
import app.satchel.AssetState
import app.satchel.Endpoints
import app.satchel.Health
import app.satchel.Link
import app.satchel.Scene
import app.satchel.TargetId
import app.satchel.atOnce
import app.satchel.demo.state.AssetScreenState
import app.satchel.demo.state.LATEST
import app.satchel.photo
import app.satchel.until
import java.io.File
import kotlin.time.Duration.Companion.seconds

/** A demo on the screen, over a hotel's free Wi-Fi, with the stage's tus server as its one target. */
internal fun onStage(visible: Boolean = true, test: suspend Desk.(Scene, TargetId) -> Unit) =
    onDesk(link = Link.FreeWifi.copy(network = "hotel"), paired = false, visible = visible, atMost = 180.seconds) {
        Scene(File(folder, "stage")).use { scene ->
            val target = phone.satchel().setTusTarget(scene.tus())
            demo.settings.tryNow().join()
            until("the server is shown") { demo.settings.ui.value.targets.size == 1 && demo.link.ui.value.ways.size == 1 }
            test(scene, target)
        }
    }

/** Waits until the photo is there, as a person does who taps Try now. */
internal suspend fun Desk.arrives(id: AssetId) = until("it is there", 60.seconds) {
    phone.satchel().tryNow()
    phone.satchel().asset(id).state is AssetState.Delivered
}

/** A warning page stands at the first way; there is one photo, and a record. */
internal suspend fun Desk.blocked(scene: Scene, target: TargetId, line: String = "page"): AssetId {
    scene.first(line)
    val id = phone.satchel().add(photo(camera, "a.jpg")).id
    until("it is blocked") { phone.satchel().endpoints(target).first().health.let { it is Health.Blocked || it == Health.Captive } }
    until("that is shown") { demo.link.ui.value.run { blocks.size == 1 && ways.single().ways.first().times != null } }
    return id
}

/** The same with another way beside it, by which the photo goes. */
internal suspend fun Desk.wayRound(scene: Scene, target: TargetId): AssetId {
    val id = blocked(scene, target)
    phone.satchel().setEndpoints(target, Endpoints(further = listOf(scene.mirror()), sharedStore = true))
    arrives(id)
    until("the other way is shown") { demo.link.ui.value.ways.single().ways.map { it.carries } == listOf(false, true) }
    until("its address is shown") { demo.settings.ui.value.targets.single().endpoints.size == 2 }
    return id
}

/** Tries an asset, which is shown, in vain, so often that not all of that is shown. Nothing else is to run the outbox meanwhile. */
internal suspend fun Desk.triedOften(state: AssetScreenState, scene: Scene) {
    scene.lie(503)
    until("it was tried often") {
        phone.satchel().tryNow()
        phone.satchel().run(atOnce)
        state.ui.value.attempts.size > LATEST
    }
}
