package app.satchel

import java.io.File

/** What an app writes to send its first photo. */
suspend fun sendFirstPhoto(folder: File, keys: Credentials, pairingCode: String, photo: File) {
    val config = Config(folder, Policy.overAnyLink(), Link.FreeWifi)
    Satchel.open(config, keys).use { satchel ->
        satchel.pair(pairingCode, device = "My phone")
        val added = satchel.add(photo, AddOptions(PostEdit(caption = "First light")))
        satchel.run()
        when (val state = satchel.asset(added.id).state) {
            is AssetState.Delivered -> println("delivered: ${state.proof}")
            is AssetState.Waiting -> println("waiting: ${state.words}")
            is AssetState.Parked -> println("needs you: ${state.words}")
            else -> println(state.code)
        }
    }
}
