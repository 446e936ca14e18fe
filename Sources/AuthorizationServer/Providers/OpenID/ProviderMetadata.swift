import HTTP
import JSON

/// What is known of a provider of OpenID Connect once it is to be talked to.
struct ProviderMetadata: Sendable {
    /// Who signs its ID tokens.
    var issuers: [IssuerPattern]
    var authorizationEndpoint: ProviderEndpoint
    var tokenEndpoint: ProviderEndpoint
    var userInfoEndpoint: ProviderEndpoint?
    var keySetURL: ProviderEndpoint
    var authentication: ProviderAuthentication
    /// Whether each callback has `iss` (RFC 9207 §3).
    var sendsIssuer: Bool
}

/// A provider's discovery document (OpenID Connect Discovery 1.0 §3), as far as sign-ins go.
struct DiscoveredMetadata: Sendable {
    let issuer: IssuerPattern
    let authorizationEndpoint: String?
    let tokenEndpoint: String?
    let userInfoEndpoint: String?
    let keySetURL: String?
    /// `nil` where it names no way that we know, or none at all.
    let authentication: ProviderAuthentication?
    let sendsIssuer: Bool

    /// Reads a document, and holds it against whom it must speak for.
    ///
    /// - Parameters:
    ///   - bytes: The document.
    ///   - place: Where it came from.
    ///   - issuer: The issuer of the conf, which is then demanded byte for byte; without one, the
    ///     issuer must be the one whose document stands at that place.
    /// - Throws: ``ProviderFault/broken(detail:)``.
    init(_ bytes: [UInt8], place: ProviderEndpoint, issuer: String?) throws(ProviderFault) {
        guard let object = try ProviderCalls.json(bytes, what: Self.what).object,
            let found = object["issuer"]?.string
        else { throw .broken(detail: "\(Self.what): no issuer in the document") }
        let isRight =
            if let issuer {
                JSONText.isExactly(found, issuer)
            } else {
                Self.speaks(place, for: found)
            }
        guard isRight else {
            let quoted = ProviderErrorWord.quoted(found)
            throw .broken(
                detail:
                    "\(Self.what): \(place.url) speaks for the issuer \(quoted); say `issuer` in "
                    + "the conf if it is the right one"
            )
        }
        self.issuer = IssuerPattern(found)
        authorizationEndpoint = object["authorization_endpoint"]?.string
        tokenEndpoint = object["token_endpoint"]?.string
        userInfoEndpoint = object["userinfo_endpoint"]?.string
        keySetURL = object["jwks_uri"]?.string
        authentication = Self.authentication(object["token_endpoint_auth_methods_supported"])
        sendsIssuer =
            object["authorization_response_iss_parameter_supported"] == .boolean(true)
    }

    /// Whether a document of that issuer may stand there.
    ///
    /// Below the issuer itself (§4.1), where a final slash of the issuer does not count; for
    /// Microsoft's many tenants, and for documents at places of their own, on the issuer's own host.
    private static func speaks(_ place: ProviderEndpoint, for issuer: String) -> Bool {
        let bare = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        if JSONText.isExactly(place.url, bare + wellKnownPath) {
            return true
        }
        let isElsewhere = !place.url.hasSuffix(wellKnownPath)
        guard isElsewhere || issuer.contains("{tenantid}") else { return false }
        let filled = bare.split(separator: "{tenantid}", omittingEmptySubsequences: false)
            .joined(separator: "tenant")
        let own = ProviderEndpoint(filled, allowsPlain: place.isPlain)
        return own?.origin == place.origin
    }

    /// What the document takes of what we can do (Discovery §3: Basic is the default).
    private static func authentication(_ value: JSONValue?) -> ProviderAuthentication? {
        guard let methods = value?.array else { return .basic }
        let takesBody = methods.contains("client_secret_post")
        if methods.contains("client_secret_basic") {
            return takesBody ? .either : .basic
        }
        return takesBody ? .body : nil
    }

    /// Where the document stands, below the issuer.
    static let wellKnownPath = "/.well-known/openid-configuration"

    private static let what = "discovery"
}
