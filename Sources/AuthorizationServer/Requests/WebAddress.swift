/// An absolute address that a browser may be sent to, read strictly.
///
/// Browsers read more than RFC 3986 allows (a backslash as a slash, blanks away): whatever they could
/// read otherwise than we do is refused, so that a look at the host is a look at where the browser
/// goes.
struct WebAddress: Sendable, Equatable {
    /// In lower case.
    let scheme: String
    /// In lower case; of an IPv6 address without its brackets; empty where the scheme has no
    /// authority.
    let host: String
    /// As it was written.
    let port: UInt16?
    /// The path as it was written.
    let path: String
    /// As it was written, without `?`.
    let query: String?
    /// As it was written, without `#`.
    let fragment: String?
    /// Whether `//` follows the scheme.
    let hasAuthority: Bool

    /// Reads an address.
    init?(_ text: String) {
        guard text.utf8.count <= Self.sizeMax, text.utf8.allSatisfy(Self.isAllowed),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        let name = text[..<colon].lowercased()
        guard let first = name.utf8.first, (0x61...0x7A).contains(first),
            name.utf8.allSatisfy(Self.isSchemeByte)
        else { return nil }
        scheme = name
        var rest = text[text.index(after: colon)...]
        if let mark = rest.firstIndex(of: "#") {
            fragment = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        } else {
            fragment = nil
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        } else {
            query = nil
        }
        hasAuthority = rest.hasPrefix("//")
        guard hasAuthority else {
            host = ""
            port = nil
            path = String(rest)
            // `https:host` is read by browsers as `https://host`.
            if name == "http" || name == "https" { return nil }
            return
        }
        rest = rest.dropFirst(2)
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let authority = Self.authority(rest[..<end]) else { return nil }
        (host, port) = authority
        path = String(rest[end...])
        if host.isEmpty, name == "http" || name == "https" { return nil }
    }

    /// The port, or the scheme's own; 0 where it has none.
    var effectivePort: UInt16 {
        port ?? (scheme == "https" ? 443 : scheme == "http" ? 80 : 0)
    }

    /// Whether the host can only be the machine of whoever follows it.
    var isLoopback: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { UInt8($0) != nil && String(UInt8($0) ?? 0) == $0 }
    }

    private static func authority(_ text: Substring) -> (host: String, port: UInt16?)? {
        // User information makes `https://good@evil` of it.
        guard !text.contains("@") else { return nil }
        var name = text
        var port: UInt16?
        if name.hasPrefix("[") {
            guard let close = name.firstIndex(of: "]") else { return nil }
            let after = name[name.index(after: close)...]
            if !after.isEmpty {
                guard after.first == ":", let number = Self.port(after.dropFirst()) else {
                    return nil
                }
                port = number
            }
            let inner = name[name.index(after: name.startIndex)..<close].lowercased()
            guard inner.utf8.allSatisfy({ "0123456789abcdef:.".utf8.contains($0) }) else {
                return nil
            }
            return (inner, port)
        }
        if let colon = name.firstIndex(of: ":") {
            let digits = name[name.index(after: colon)...]
            if !digits.isEmpty {
                guard let number = Self.port(digits) else { return nil }
                port = number
            }
            name = name[..<colon]
        }
        // Percent coding in a host is decoded by browsers, and would hide what it is.
        guard name.utf8.allSatisfy(Self.isHostByte) else { return nil }
        return (name.lowercased(), port)
    }

    private static func port(_ digits: Substring) -> UInt16? {
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt16(digits)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !#"\"<>^`{|}"#.utf8.contains(byte)
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2B
            || byte == 0x2D || byte == 0x2E
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    /// Longer than any browser's own bound for what it shares with a server.
    private static let sizeMax = 2_048
}

extension WebAddress {
    /// The address with query parameters set: others are kept, those of the same name replaced, and
    /// the fragment is left out, which a redirect never carries on.
    func settingQuery(_ pairs: [(String, String)]) -> String {
        let names = Set(pairs.map(\.0))
        var kept: [String] = []
        for pair in (query ?? "").split(separator: "&") {
            let raw = Array(pair.prefix { $0 != "=" }.utf8)
            let name = FormCoding.decode(raw.span) ?? ""
            if !names.contains(name) {
                kept.append(String(pair))
            }
        }
        kept += pairs.map { FormCoding.encode($0.0) + "=" + FormCoding.encode($0.1) }
        return withoutQuery + "?" + kept.joined(separator: "&")
    }

    /// Scheme, authority and path.
    var withoutQuery: String {
        guard hasAuthority else { return scheme + ":" + path }
        return origin + (path.isEmpty && scheme.hasPrefix("http") ? "/" : path)
    }

    /// Scheme and authority, as an `Origin` field has it.
    var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return scheme + "://" + name + (port.map { ":\($0)" } ?? "")
    }
}
