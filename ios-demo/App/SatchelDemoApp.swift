// The demo app: a tester installs it, pairs it with a `satchel serve`, and takes it on a trip.

import SwiftUI

@main
struct SatchelDemoApp: App {
    @UIApplicationDelegateAdaptor private var delegate: AppDelegate

    var body: some Scene {
        WindowGroup {
            RootView(launch: delegate.launch)
        }
    }
}
