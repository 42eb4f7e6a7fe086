// The share extension: writes what was shared, with what a person says of it, into the app group's inbox. It never opens the
// outbox: the app takes parcels in when it runs next.

import SatchelInbox
import SwiftUI
import UIKit
import UniformTypeIdentifiers

/// The extension's root, as its `Info.plist` names it.
@objc(ShareViewController)
final class ShareViewController: UIViewController {
    override func viewDidLoad() {
        super.viewDidLoad()
        let items = (extensionContext?.inputItems ?? []).compactMap { $0 as? NSExtensionItem }
        let providers = items.flatMap { $0.attachments ?? [] }
        let view = ShareView(shared: Shared(providers)) { [weak self] outcome in
            guard let context = self?.extensionContext else { return }
            switch outcome {
            case .done: context.completeRequest(returningItems: nil, completionHandler: nil)
            case .cancelled: context.cancelRequest(withError: CocoaError(.userCancelled))
            }
        }
        let hosting = UIHostingController(rootView: view)
        addChild(hosting)
        hosting.view.frame = self.view.bounds
        hosting.view.autoresizingMask = [.flexibleWidth, .flexibleHeight]
        self.view.addSubview(hosting.view)
        hosting.didMove(toParent: self)
    }
}
