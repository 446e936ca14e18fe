/// What may stand in `href` and `action`, and in `form-action`.
enum LinkReference {
    /// Longer ones are not shown; browsers and servers stop near this as well.
    static let lengthMax = 8_192

    /// `text`, if it is a path on our own host, or an `http` or `https` URL without user information.
    ///
    /// Everything else is refused: other schemes (`javascript:`), `//host`, backslashes, blanks and
    /// controls, which browsers drop or read as slashes.
    static func checked(_ text: String) -> String? {
        isPath(text) || webOrigin(of: text) != nil ? text : nil
    }

    /// Whether `text` is a path on the host that it stands on, with or without query.
    static func isPath(_ text: String) -> Bool {
        guard isPrintable(text), text.utf8.first == UInt8(ascii: "/") else { return false }
        return text.utf8.dropFirst().first != UInt8(ascii: "/")
    }

    /// The source expression of Content Security Policy Level 3 that lets a form lead to `uri`.
    ///
    /// For a web address it is the origin; for an application's own scheme, the scheme. A literal IPv6
    /// address cannot be written there, so that its scheme stands for it.
    static func formTarget(of uri: String) -> String? {
        if let origin = webOrigin(of: uri) {
            return origin.contains("[") ? String(origin.prefix { $0 != ":" }) + ":" : origin
        }
        guard isPrintable(uri), let scheme = scheme(of: uri), !refusedSchemes.contains(scheme)
        else {
            return nil
        }
        return scheme + ":"
    }

    /// What lets a form lead to a client by its redirect URI, beside `https:`.
    ///
    /// Of an `http` one, which stands on the person's own machine, every port of that machine: what
    /// is developed there sends people on from one port to another.
    static func formTargets(of redirectURI: String) -> [String] {
        guard let target = formTarget(of: redirectURI), !target.hasPrefix("https:") else {
            return []
        }
        guard target.hasPrefix("http://") else { return [target] }
        let host = target.dropFirst(7).prefix { $0 != ":" }
        let own = ["localhost", "127.0.0.1"]
        return (own.contains(String(host)) ? own : own + [String(host)]).map { "http://\($0):*" }
    }

    /// `scheme://host[:port]` of an `http` or `https` URL, in lower case.
    static func webOrigin(of text: String) -> String? {
        guard isPrintable(text), let scheme = scheme(of: text), ["http", "https"].contains(scheme)
        else { return nil }
        let rest = text.utf8.dropFirst(scheme.utf8.count + 1)
        guard rest.starts(with: "//".utf8) else { return nil }
        let authority = rest.dropFirst(2).prefix { !"/?#".utf8.contains($0) }
        guard !authority.isEmpty, authority.allSatisfy(isAuthorityByte) else { return nil }
        return scheme + "://" + String(decoding: authority, as: UTF8.self).lowercased()
    }

    /// The scheme in lower case (RFC 3986 §3.1).
    private static func scheme(of text: String) -> String? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = String(text[..<colon]).lowercased()
        guard let first = scheme.utf8.first,
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            scheme.utf8.allSatisfy({ isAlphanumeric($0) || "+-.".utf8.contains($0) })
        else { return nil }
        return scheme
    }

    /// Schemes that run or show what they carry, or that would open `form-action` to the whole web.
    private static let refusedSchemes: Set = [
        "about", "blob", "data", "file", "filesystem", "ftp", "http", "https", "javascript",
        "vbscript", "view-source", "ws", "wss",
    ]

    /// Whether it is ASCII without blanks, controls, double quotes, angle brackets and backslashes.
    private static func isPrintable(_ text: String) -> Bool {
        text.utf8.count <= lengthMax
            && text.utf8.allSatisfy { byte in
                (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
            }
    }

    /// Letters, digits, and what hosts, literal addresses and ports are written with: no `@`, no `;`.
    private static func isAuthorityByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._:[]".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
