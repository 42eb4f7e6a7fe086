// What the system tells the app beside its windows: that it was launched, and what came of uploads while it was away.

import UIKit

/// Begins the launch, in front or in the background alike.
final class AppDelegate: NSObject, UIApplicationDelegate {
    let launch = Launch()

    func application(
        _ application: UIApplication,
        didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]? = nil
    ) -> Bool {
        // Before the launch ends: later the system accepts no registration of background tasks.
        launch.begin()
        return true
    }

    func application(
        _ application: UIApplication, handleEventsForBackgroundURLSession identifier: String,
        completionHandler: @escaping () -> Void
    ) {
        Task {
            await launch.host()?.handleEvents()
            completionHandler()
        }
    }
}
