import Bytes

/// Redirect URIs as clients register them: exact strings, none of which can leak a code.
enum RedirectURI {
    /// Why a browser may not be sent there, or `nil`.
    ///
    /// `https`; plain `http` to the machine itself, on any port when used (RFC 8252 §7.3); and
    /// schemes of installed applications, which hold a dot (RFC 8252 §7.1).
    static func fault(of text: String) -> ValueFault? {
        if let fault = shapeFault(of: text) { return fault }
        guard let scheme = scheme(of: text) else {
            return ValueFault(
                "`\(text)` is not a redirect URI",
                hint: "write https://HOST/PATH"
            )
        }
        if runnable.contains(scheme) {
            return ValueFault(
                "nobody is ever redirected to `\(scheme):`: a browser would run or show what follows",
                hint: "write https://HOST/PATH"
            )
        }
        switch scheme {
        case "http", "https": return webFault(of: text, scheme: scheme)
        case "stack-auth-mobile-oauth-url":
            return ValueFault(
                "`\(scheme):` is no URI of one client: all applications of a device share it",
                hint: "in a project of the Stack dialect, write native_redirect on;"
            )
        case "urn":
            return ValueFault(
                "nobody can be redirected to `urn:`",
                hint: "the out-of-band redirect is Dressipi's own, and is known without being named"
            )
        default: return schemeFault(of: text, scheme: scheme)
        }
    }

    /// Whether it leads to `localhost` by that name, which a resolver may lead elsewhere.
    static func isNamedLocalhost(_ text: String) -> Bool {
        guard let url = URLText(text) else { return false }
        return url.scheme == "http" && url.host == "localhost"
    }

    private static func shapeFault(of text: String) -> ValueFault? {
        guard !text.isEmpty, text.utf8.count <= 2_048 else {
            return ValueFault("a redirect URI has 1 to 2048 characters", hint: nil)
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return ValueFault(
                "a redirect URI holds visible ASCII only",
                hint: "encode the rest as %XX, names of hosts in their xn-- form"
            )
        }
        if text.contains("\\") {
            return ValueFault(
                "a backslash in a redirect URI: browsers read it as a slash",
                hint: nil
            )
        }
        if text.contains("#") {
            return ValueFault(
                "a redirect URI has no fragment (RFC 6749, section 3.1.2)",
                hint: "leave out `#` and what follows"
            )
        }
        if text.contains("*") {
            return ValueFault(
                "`*` in a redirect URI: they are compared as they stand",
                hint: "write out each; only `trusted_domain` of a project knows patterns"
            )
        }
        return nil
    }

    private static func webFault(of text: String, scheme: String) -> ValueFault? {
        let authority = text.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "/" && $0 != "?" }
        if authority.contains("@") {
            return ValueFault(
                "a redirect URI names no user: what stands before `@` looks like the host",
                hint: "write https://HOST/PATH"
            )
        }
        guard let url = URLText(text) else {
            return ValueFault("`\(text)` is not a redirect URI", hint: "write https://HOST/PATH")
        }
        guard scheme == "http", !url.isLoopback else { return nil }
        return ValueFault(
            "an insecure redirect: codes would cross the network in the clear",
            hint: "write https://; plain http is for 127.0.0.1 and [::1] only"
        )
    }

    private static func schemeFault(of text: String, scheme: String) -> ValueFault? {
        guard scheme.contains(".") else {
            return ValueFault(
                "`\(scheme):` could be anyone's: any application may claim it",
                hint: "write https://, or a scheme that is a domain of yours backwards, as in "
                    + "com.example.app:/callback (RFC 8252, section 7.1)"
            )
        }
        guard text.utf8.count > scheme.utf8.count + 1 else {
            return ValueFault(
                "`\(text)` is a scheme and nothing else",
                hint: "write \(scheme):/callback"
            )
        }
        return nil
    }

    /// The scheme in lower case (RFC 3986 §3.1).
    private static func scheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        guard let first = scheme.utf8.first, ASCII.isLetter(first) else { return nil }
        let isScheme = scheme.utf8.allSatisfy {
            ASCII.isLetter($0) || ASCII.isDigit($0) || "+-.".utf8.contains($0)
        }
        return isScheme ? scheme : nil
    }

    /// Schemes that a browser runs or reads itself.
    private static let runnable: Set<String> = [
        "about", "blob", "data", "file", "filesystem", "ftp", "javascript", "vbscript",
        "view-source", "ws", "wss",
    ]
}
