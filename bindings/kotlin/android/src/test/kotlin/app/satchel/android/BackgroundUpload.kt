package app.satchel.android

import android.app.Application
import app.satchel.AddOptions
import app.satchel.AssetId
import app.satchel.PostEdit
import java.io.File

/*
 * Background upload in an existing app. The manifest names the class, and nothing else: the services come with the library.
 *
 *     <application android:name=".TravelApp" … >
 */
internal class TravelApp :
    Application(),
    HasSatchel {
    override val satchelHost: SatchelHost by lazy { SatchelHost(this) }

    override fun onCreate() {
        super.onCreate()
        satchelHost.start()
    }
}

/** Once, with the code that `satchel serve` shows. */
internal suspend fun pair(host: SatchelHost, code: String) {
    host.satchel().pair(code, device = "My phone")
}

/** The phone's new photos, from now on: call it when the person has allowed them. */
internal suspend fun uploadNewPhotos(host: SatchelHost) {
    host.watchPhotos(true)
}

/** A photo that the app took itself. It goes when the rules and the network allow it, whether the app runs or not. */
internal suspend fun upload(host: SatchelHost, photo: File, caption: String): AssetId {
    val added = host.satchel().add(photo, AddOptions(PostEdit(caption = caption)))
    host.reschedule()
    return added.id
}

/** A person saw the price and wants it now: it goes on when the app is left. */
internal suspend fun uploadNow(host: SatchelHost, photos: List<AssetId>) {
    host.sendNow(photos)
}
