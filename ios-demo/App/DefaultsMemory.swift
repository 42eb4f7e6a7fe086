// A few words that outlive the process, in the app's own defaults.

import Foundation
import SatchelDemoModel

/// The model's memory. Keys have a word before them, apart from what else the app keeps.
@MainActor
final class DefaultsMemory: Memory {
    func get(_ key: String) -> String? {
        UserDefaults.standard.string(forKey: name(key))
    }

    func put(_ key: String, _ value: String?) {
        UserDefaults.standard.set(value, forKey: name(key))
    }

    private func name(_ key: String) -> String { "memory.\(key)" }
}
