import Bytes
import Configuration
import Cryptography

/// Ourselves as a client of one provider: the preset, and what the conf says beyond it.
struct ProviderClient: Sendable {
    /// The provider's id in the conf.
    let id: String
    let clientID: String
    /// The secret as text; Apple's is a ready-made JWT that its operator renews.
    let secret: String?
    let preset: ProviderPreset
    /// The scopes that every sign-in asks for.
    let scopes: [String]
    let emailVerification: EmailVerification

    /// Puts the conf's words over the preset's.
    init(_ settings: ProviderSettings, preset: ProviderPreset) {
        id = settings.id
        clientID = settings.clientID
        secret = settings.clientSecret.map { String(decoding: $0.bytes, as: UTF8.self) }
        self.preset = preset
        var scopes = settings.scopes ?? preset.scopes
        // Without it, no provider of OpenID Connect sends an ID token (Core §3.1.2.1).
        if preset.needsOpenIDScope, !scopes.contains("openid") {
            scopes.insert("openid", at: 0)
        }
        self.scopes = scopes
        emailVerification = settings.emailVerification
    }

    /// The scopes of one sign-in, each once.
    func scopes(with extraScopes: [String]) -> [String] {
        var all = scopes
        for scope in extraScopes where Self.isScope(scope) && !all.contains(scope) {
            all.append(scope)
        }
        return all
    }

    /// The URL that a sign-in begins at (contract, section 12.1).
    func authorizationURL(
        _ request: ProviderAuthorizationRequest,
        at endpoint: ProviderEndpoint
    ) -> String {
        let scopes = scopes(with: request.extraScopes)
        var query = FormText()
        query.append("client_id", clientID)
        query.append("scope", scopes.joined(separator: " "))
        query.append("response_type", "code")
        query.append("redirect_uri", request.redirectURI)
        if preset.usesPKCE {
            let digest = SHA256.digest([UInt8](request.codeVerifier.utf8).span)
            query.append("code_challenge_method", "S256")
            query.append("code_challenge", Base64URL.encode(digest.span).span.text())
        }
        query.append("state", request.state)
        if preset.openID != nil {
            query.append("nonce", request.nonce)
        }
        for parameter in preset.parameters {
            query.append(parameter.name, parameter.value)
        }
        // Beyond the presets, consent is asked for again only where OpenID Connect wants it (§11).
        if preset.asksConsentForOfflineAccess, scopes.contains("offline_access") {
            query.append("prompt", "consent")
        }
        if let hint = request.loginHint {
            query.append("login_hint", hint)
        }
        return endpoint.appending(query: query.text)
    }

    /// The tokens as they are kept.
    func tokens(
        _ answer: ProviderTokenAnswer,
        callback: ProviderCallback,
        nowSeconds: Int64
    ) -> ProviderTokens {
        let lifetime =
            answer.lifetimeSeconds ?? preset.accessTokenLifetimeSeconds
            ?? ProviderLimits.accessTokenLifetimeSeconds
        return ProviderTokens(
            accessToken: answer.accessToken,
            refreshToken: answer.refreshToken,
            scopes: answer.scopes ?? scopes(with: callback.extraScopes),
            accessTokenExpiresAt: (nowSeconds + lifetime) * 1_000
        )
    }

    /// Whether the text is one scope (RFC 6749 §3.3).
    private static func isScope(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"")
                    && byte != UInt8(ascii: "\\")
            }
    }
}
