import Access
import Configuration

/// The cookies that we set: opaque, for our own host alone, and out of every script's reach.
struct BrowserCookie: Sendable {
    let name: String
    let isSecure: Bool
    /// Whether it must come with a form that another site posts (Apple's callback).
    var isCrossSite = false

    /// Binds a sign-in under way to the browser that began it (contract, section 5.4).
    static func flow(state: String, settings: AuthorizationServerSettings) -> BrowserCookie {
        make(OwnCookie.flowPrefix + state, settings)
    }

    /// Remembers who signed in at our own pages.
    static func session(settings: AuthorizationServerSettings) -> BrowserCookie {
        make(OwnCookie.session, settings)
    }

    /// `__Host-` holds a cookie to `https`, to this host and to the whole of it (RFC 6265bis §4.1.3);
    /// over plain `http`, on loopback only, browsers would not take it.
    private static func make(
        _ name: String,
        _ settings: AuthorizationServerSettings
    ) -> BrowserCookie {
        let isSecure = settings.url.hasPrefix("https:")
        return BrowserCookie(
            name: isSecure ? OwnCookie.hostPrefix + name : name,
            isSecure: isSecure
        )
    }

    /// The field that sets it.
    func setting(_ value: String, maxAgeSeconds: Int64) -> ControlField {
        let site = isCrossSite && isSecure ? "None" : "Lax"
        return ControlField(
            "set-cookie",
            "\(name)=\(value); Path=/; Max-Age=\(maxAgeSeconds)"
                + (isSecure ? "; Secure" : "") + "; HttpOnly; SameSite=\(site)"
        )
    }

    /// The field that takes it back.
    var clearing: ControlField { setting("", maxAgeSeconds: 0) }
}
