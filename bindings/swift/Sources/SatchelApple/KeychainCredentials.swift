// Tokens in the system's key store.

#if canImport(Security)
    import Foundation
    public import Satchel
    import Security

    /// Keeps each target's token in the Keychain: readable from the first unlock on, since uploads go on while the phone is locked
    /// again, and on this device only (`kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly`).
    public struct KeychainCredentials: Credentials {
        private let service: String
        private let refreshing: (@Sendable (_ refused: String?, _ target: String) throws -> String?)?

        /// - Parameters:
        ///   - service: Under which the app keeps them, its bundle identifier say.
        ///   - refreshing: Gets another token in place of one that the target refused; see
        ///     ``Satchel/Credentials/refresh(_:for:)``. What it returns is kept here.
        public init(
            service: String,
            refreshing: (@Sendable (_ refused: String?, _ target: String) throws -> String?)? = nil
        ) {
            self.service = service
            self.refreshing = refreshing
        }

        /// The token kept for a target.
        public func token(for target: String) throws -> String? {
            var query = item(target)
            query[kSecReturnData] = true
            query[kSecMatchLimit] = kSecMatchLimitOne
            var found: CFTypeRef?
            let status = SecItemCopyMatching(query as CFDictionary, &found)
            if status == errSecItemNotFound { return nil }
            guard status == errSecSuccess, let data = found as? Data else { throw KeychainFault(status: status) }
            return String(decoding: data, as: UTF8.self)
        }

        /// Keeps a target's token.
        public func keep(_ token: String, for target: String) throws {
            let value: [CFString: Any] = [
                kSecValueData: Data(token.utf8),
                kSecAttrAccessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
            ]
            var status = SecItemUpdate(item(target) as CFDictionary, value as CFDictionary)
            if status == errSecItemNotFound {
                status = SecItemAdd(item(target).merging(value) { $1 } as CFDictionary, nil)
            }
            guard status == errSecSuccess else { throw KeychainFault(status: status) }
        }

        /// Gets another token, where the app can.
        public func refresh(_ refused: String?, for target: String) throws -> String? {
            guard let token = try refreshing?(refused, target) else { return nil }
            try keep(token, for: target)
            return token
        }

        /// Forgets a target's token.
        public func forget(_ target: String) throws {
            let status = SecItemDelete(item(target) as CFDictionary)
            guard status == errSecSuccess || status == errSecItemNotFound else { throw KeychainFault(status: status) }
        }

        private func item(_ target: String) -> [CFString: Any] {
            var item: [CFString: Any] = [
                kSecClass: kSecClassGenericPassword, kSecAttrService: service, kSecAttrAccount: target,
            ]
            #if os(macOS)
                item[kSecUseDataProtectionKeychain] = true
            #endif
            return item
        }
    }

    /// The Keychain did not do it: before the first unlock after a start (`errSecInteractionNotAllowed`), say.
    public struct KeychainFault: Error, Hashable, Sendable {
        /// The system's code (`OSStatus`).
        public let status: Int32
    }

    extension KeychainFault: LocalizedError {
        /// For a person.
        public var errorDescription: String? {
            "the system's key store cannot be used just now (\(status)): unlock the phone and try again"
        }
    }
#endif
