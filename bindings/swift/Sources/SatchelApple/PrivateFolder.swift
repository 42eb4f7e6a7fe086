// The app's own folder: readable after the first unlock, and not in a backup.

import Foundation

enum PrivateFolder {
    /// Makes it, with the attributes that an outbox needs; what is in it inherits them.
    ///
    /// Readable from the first unlock on, since uploads go on while the phone is locked again. Not in a backup: an outbox on two
    /// devices would send twice, and its originals are in the photo library already.
    static func make(_ folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #if canImport(Darwin)
            #if os(iOS)
                try FileManager.default.setAttributes(
                    [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication],
                    ofItemAtPath: folder.path)
            #endif
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            var marked = folder
            try marked.setResourceValues(values)
        #endif
    }
}
