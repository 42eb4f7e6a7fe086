// The key that a target was paired with, in place of a certificate authority.

import Foundation

#if canImport(CryptoKit) && canImport(Security)
    import CryptoKit
    import Security
#endif

/// A certificate's subject public key info (RFC 5280, 4.1), found in its DER.
///
/// Read from the certificate and not built anew from the key, so that it is right for every kind of key.
struct CertificateKey: Hashable, Sendable {
    /// The whole structure, with its tag and length: what a pin is the SHA-256 of.
    let info: Data

    /// None where this is no certificate.
    init?(certificate: Data) {
        var outer = DER(certificate)
        guard let body = outer.next(0x30)?.content else { return nil }
        var signed = DER(body)
        guard let fields = signed.next(0x30)?.content else { return nil }
        var field = DER(fields)
        _ = field.next(0xA0)  // the version, where it is not the first
        // Serial number, signature algorithm, issuer, validity, subject.
        for tag in [0x02, 0x30, 0x30, 0x30, 0x30] as [UInt8] {
            guard field.next(tag) != nil else { return nil }
        }
        guard let info = field.next(0x30)?.whole else { return nil }
        self.info = Data(info)
    }
}

/// Reads values of DER (X.690), one after another.
private struct DER {
    private var rest: Data

    init(_ data: Data) {
        rest = data
    }

    /// The next value where it has this tag, with all its bytes and without its tag and length.
    mutating func next(_ tag: UInt8) -> (whole: Data, content: Data)? {
        guard rest.count >= 2, rest.first == tag else { return nil }
        var at = rest.startIndex + 2
        var length = Int(rest[rest.startIndex + 1])
        if length >= 0x80 {
            // The long form: how many bytes the length has.
            let digits = length & 0x7F
            guard (1...4).contains(digits), rest.endIndex - at >= digits else { return nil }
            length = rest[at..<at + digits].reduce(0) { $0 << 8 | Int($1) }
            at += digits
        }
        guard rest.endIndex - at >= length else { return nil }
        let end = at + length
        defer { rest = rest[end...] }
        return (rest[rest.startIndex..<end], rest[at..<end])
    }
}

/// A pin: SHA-256 of the key's info, base64url without padding.
struct PinnedKey: Hashable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    /// As a digest is written in a pin.
    static func text(of digest: some Sequence<UInt8>) -> String {
        Data(digest).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    #if canImport(CryptoKit) && canImport(Security)
        /// Whether the server's own certificate holds it. Nobody else need vouch for it, and its names and dates do not count: it
        /// was shown to a person.
        func isHeld(by trust: SecTrust) -> Bool {
            guard let chain = SecTrustCopyCertificateChain(trust) as? [SecCertificate], let own = chain.first,
                let key = CertificateKey(certificate: SecCertificateCopyData(own) as Data)
            else { return false }
            return Self.text(of: SHA256.hash(data: key.info)) == text
        }
    #endif
}
