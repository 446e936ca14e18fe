import Bytes
import EventLoop

extension ConfigurationValue {
    /// A host name in lower case without a trailing dot, exact or `*.` and a suffix.
    static func hostPattern(_ text: String) -> String? {
        var name = text.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        let suffix = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
        return isHostName(suffix) ? name : nil
    }

    /// Whether the text is labels of letters, digits, `-` and `_`, as names in use are.
    static func isHostName(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 253 else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63
                && label.utf8.allSatisfy {
                    ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-")
                        || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// A `Host` to send: a name or literal address, with or without a port.
    static func hostHeader(_ text: String) -> String? {
        guard let authority = Authority(text), !text.isEmpty else { return nil }
        return authority.host.isEmpty ? nil : text
    }

    /// `HOST:PORT`, or `http://`, `https://`, `h2://` or `h2c://` and `HOST[:PORT]`.
    static func server(_ text: String) -> ServerPlace? {
        guard let mark = text.firstRange(of: "://") else {
            guard let authority = Authority(text) else { return nil }
            return ServerPlace(
                host: authority.host,
                port: authority.port ?? 80,
                isTLS: false,
                wireProtocol: .http11
            )
        }
        let rest = text[mark.lowerBound...]
        let (meant, wireProtocol): (String, UpstreamProtocol) =
            switch text[..<mark.lowerBound].lowercased() {
            case "h2": ("https\(rest)", .http2)
            case "h2c": ("http\(rest)", .http2)
            default: (text, .http11)
            }
        guard let url = URLText(meant), url.rest.isEmpty || url.rest == "/" else { return nil }
        return ServerPlace(
            host: url.host,
            port: url.port ?? url.defaultPort,
            isTLS: url.scheme == "https",
            wireProtocol: wireProtocol
        )
    }

    /// An origin as browsers write it (RFC 6454 §6.2): lower case, without the scheme's own port.
    static func origin(_ text: String) -> String? {
        guard let url = URLText(text), url.rest.isEmpty else { return nil }
        let host = url.isIPv6 ? "[\(url.host)]" : url.host
        guard let port = url.port, port != url.defaultPort else { return "\(url.scheme)://\(host)" }
        return "\(url.scheme)://\(host):\(port)"
    }
}

/// Where a server of an upstream is, and what it is spoken to in.
struct ServerPlace {
    let host: String
    let port: UInt16
    let isTLS: Bool
    let wireProtocol: UpstreamProtocol
}

/// A host and perhaps a port.
struct Authority {
    /// A name in lower case or a literal address without brackets.
    let host: String
    /// The port, where it was written.
    let port: UInt16?
    /// Whether brackets stood around the host.
    let isIPv6: Bool

    /// Reads `NAME`, `NAME:PORT`, `[IPV6]` and `[IPV6]:PORT`; user names are refused.
    init?(_ text: String) {
        var portText: Substring?
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<bracket].lowercased()
            guard let address = IPAddress(host), host.contains(":") else { return nil }
            _ = address
            isIPv6 = true
            let rest = text[text.index(after: bracket)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            portText = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            let colon = text.firstIndex(of: ":")
            host = text[..<(colon ?? text.endIndex)].lowercased()
            guard ConfigurationValue.isHostName(host) else { return nil }
            isIPv6 = false
            portText = colon.map { text[text.index(after: $0)...] }
        }
        if let portText {
            guard let number = ConfigurationValue.number(String(portText)),
                1...65_535 ~= number
            else { return nil }
            port = UInt16(number)
        } else {
            port = nil
        }
    }

    /// Whether the host can only be this machine.
    var isLoopback: Bool {
        host == "localhost" || IPAddress(host)?.isLoopback == true
    }
}

/// An absolute http or https URL, cut into what the conf needs of it.
struct URLText {
    /// `http` or `https`.
    let scheme: String
    /// A name in lower case or a literal address without brackets.
    let host: String
    /// The port, where it was written.
    let port: UInt16?
    /// Path and query as they stand.
    let rest: String
    /// Whether the host is an IPv6 address.
    let isIPv6: Bool
    /// Whether the host can only be this machine.
    let isLoopback: Bool

    /// Reads a URL; user names, fragments, blanks and control characters are refused.
    init?(_ text: String) {
        guard text.utf8.count <= 2_048 else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.isForbidden($0) }) else {
            return nil
        }
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = text[..<mark.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let after = text[mark.upperBound...]
        let end = after.firstIndex { $0 == "/" || $0 == "?" } ?? after.endIndex
        guard let authority = Authority(String(after[..<end])) else { return nil }
        host = authority.host
        port = authority.port
        isIPv6 = authority.isIPv6
        isLoopback = authority.isLoopback
        rest = String(after[end...])
    }

    /// The port of the scheme.
    var defaultPort: UInt16 { scheme == "https" ? 443 : 80 }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "<"): true
        case UInt8(ascii: ">"), UInt8(ascii: "^"), UInt8(ascii: "`"): true
        case UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"): true
        default: false
        }
    }
}
