import Configuration
import JSON

/// Which addresses an authorization response may be sent to.
enum RedirectPolicy {
    /// Whether a Stack project may be sent to the address (contract, section 4 and decision 5).
    ///
    /// - Returns: `nil` where it may, else why not, for the developer who reads it.
    static func refusal(of text: String, for project: ProjectSettings) -> String? {
        guard let address = WebAddress(text) else {
            return "redirect_uri is not an absolute URL that a browser may be sent to"
        }
        if address.scheme == nativeScheme {
            return project.allowsNativeRedirect
                ? nil : "the scheme \(nativeScheme): needs `native_redirect on;` in the project"
        }
        guard address.scheme == "https" || address.scheme == "http" else {
            return "redirect_uri has a scheme other than https"
        }
        if !project.redirectURIs.isEmpty {
            return project.redirectURIs.contains { JSONText.isExactly($0, text) }
                ? nil : "redirect_uri is not among those that the project lists"
        }
        if project.allowsLocalhost, address.isLoopback { return nil }
        if project.trustedDomains.contains(where: { matches(address, $0) }) { return nil }
        return "the host of redirect_uri is not one of the project's trusted domains"
    }

    /// Whether a registered client may be sent to the address: exact strings, and any port of a
    /// loopback address (RFC 8252 §7.3).
    static func allows(_ text: String, for client: ClientSettings) -> Bool {
        for registered in client.redirectURIs {
            if JSONText.isExactly(registered, text) { return true }
            guard let wanted = WebAddress(registered), wanted.scheme == "http",
                isLoopbackLiteral(wanted.host), let given = WebAddress(text)
            else { continue }
            if given.scheme == "http", given.host == wanted.host, given.path == wanted.path,
                given.query == wanted.query, given.fragment == nil
            {
                return true
            }
        }
        return false
    }

    private static func isLoopbackLiteral(_ host: String) -> Bool {
        host == "127.0.0.1" || host == "::1"
    }

    private static func matches(_ address: WebAddress, _ domain: TrustedDomain) -> Bool {
        guard address.scheme == domain.scheme else { return false }
        if let port = domain.port, address.effectivePort != port { return false }
        return matches(Array(address.host.utf8)[...], Array(domain.hostPattern.utf8)[...])
    }

    /// `*` is any run without dots, `**` any run, both may be empty; everything else is itself.
    ///
    /// Backtracks over at most the host's 253 bytes for each star of a pattern of the conf.
    private static func matches(_ host: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return host.isEmpty }
        guard first == UInt8(ascii: "*") else {
            return host.first == first && matches(host.dropFirst(), pattern.dropFirst())
        }
        let stars = pattern.prefix { $0 == UInt8(ascii: "*") }.count
        let crossesDots = stars > 1
        let rest = pattern.dropFirst(stars)
        var remaining = host
        while true {
            if matches(remaining, rest) { return true }
            guard let next = remaining.first, crossesDots || next != UInt8(ascii: ".") else {
                return false
            }
            remaining = remaining.dropFirst()
        }
    }

    /// The scheme of the Swift SDK's web sessions.
    static let nativeScheme = "stack-auth-mobile-oauth-url"
}
