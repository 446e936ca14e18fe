import Bytes

extension ValueKind {
    /// Faults of what is registered with the authorization server; none of them shows a secret.
    func registrationFault(_ text: String) -> ValueFault? {
        switch self {
        case .clientID: Self.clientIDFault(text)
        case .publishableKey: Self.publishableKeyFault(text)
        case .redirectURI: RedirectURI.fault(of: text)
        case .sealingKey: Self.sealingKeyFault(text)
        case .secretHash: Self.secretHashFault(text)
        case .segment: Self.segmentFault(text)
        case .serverURL: Self.serverURLFault(text)
        case .trustedDomain: TrustedDomainText.fault(of: text)
        default: nil
        }
    }

    /// `:` would end it in Basic credentials, and `%` and `+` have two readings there.
    private static func clientIDFault(_ text: String) -> ValueFault? {
        let isID =
            !text.isEmpty && text.utf8.count <= 256
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !":%+\"\\#".utf8.contains($0) }
        if isID { return nil }
        return ValueFault(
            "`\(text)` cannot be the id of a client",
            hint: "visible ASCII without `:`, `%`, `+`, `#`, quotes and backslashes"
        )
    }

    /// It is a segment of paths and a part of an `iss`: what needs no encoding there.
    private static func segmentFault(_ text: String) -> ValueFault? {
        let isSegment =
            !text.isEmpty && text.utf8.count <= 128 && text != "." && text != ".."
            && text.utf8.allSatisfy {
                ASCII.isLetter($0) || ASCII.isDigit($0) || "-._~".utf8.contains($0)
            }
        if isSegment { return nil }
        return ValueFault(
            "`\(text)` cannot be an id here",
            hint: "letters, digits, `-`, `_`, `.` and `~`: it stands in paths"
        )
    }

    private static func publishableKeyFault(_ text: String) -> ValueFault? {
        if text == publicClientSentinel {
            return ValueFault(
                "this word means that a client has no key",
                hint: "leave the line out, or write a key"
            )
        }
        let isKey =
            !text.isEmpty && text.utf8.count <= 256
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isKey
            ? nil
            : ValueFault("this cannot be a key", hint: "visible ASCII, 256 characters at most")
    }

    private static func sealingKeyFault(_ text: String) -> ValueFault? {
        for prefix in ["file:", "env:"] where text.hasPrefix(prefix) {
            return text.utf8.count > prefix.utf8.count
                ? nil : ValueFault("`\(prefix)` names nothing", hint: "write file:PATH or env:NAME")
        }
        return ValueFault(
            "the sealing key does not stand in the conf itself",
            hint: "write file:PATH or env:NAME"
        )
    }

    private static func secretHashFault(_ text: String) -> ValueFault? {
        if ConfigurationValue.secretHash(text) != nil { return nil }
        return ValueFault(
            "this is not the hash of a secret",
            hint:
                "write sha256: and 64 hexadecimal digits, as `gatehouse clients secret` prints them"
        )
    }

    private static func serverURLFault(_ text: String) -> ValueFault? {
        if let fault = urlFault(text) { return fault }
        guard let url = URLText(text), url.rest.isEmpty || url.rest == "/" else {
            return ValueFault(
                "`\(text)` has a path: the endpoints stand at fixed paths of a host",
                hint: "write scheme, host and port only, as in https://login.example.com"
            )
        }
        return nil
    }

    /// What Stack's SDKs send as `client_secret` where they have no key.
    private static let publicClientSentinel = "__stack_public_client__"
}

extension ConfigurationValue {
    /// The 32 bytes of `sha256:HEX`.
    static func secretHash(_ text: String) -> [UInt8]? {
        let prefix = "sha256:"
        guard text.hasPrefix(prefix) else { return nil }
        let digits = Array(text.utf8.dropFirst(prefix.utf8.count))
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = ASCII.hexValue(digits[index]),
                let low = ASCII.hexValue(digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
