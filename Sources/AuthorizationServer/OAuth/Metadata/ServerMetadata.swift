import Access
import Configuration
import JOSE
import JSON

/// What clients find out for themselves: RFC 8414, OpenID Connect Discovery 1.0, and the keys.
///
/// Nothing stands there that is not so.
struct ServerMetadata: Sendable {
    let context: ServerContext

    /// The document; with `isOpenID` what only OpenID clients read stands in it too.
    func response(isOpenID: Bool) -> ControlResponse {
        .json(isOpenID ? openID : base, fields: [Self.keeping])
    }

    /// The public keys of the server's own realm (RFC 7517 §5).
    func keySetResponse() -> ControlResponse {
        let keys = context.keys.keySet(of: .server).keys.compactMap { key in
            key.json().map { JSONValue.object($0) }
        }
        return .json(["keys": .array(keys)], fields: [Self.keeping])
    }

    private var base: JSONObject {
        let url = context.settings.url
        func place(_ endpoint: Endpoint) -> JSONValue {
            .string(url + endpoint.paths(dressipiPrefix: "")[0])
        }
        let clients = context.clients.all(speaking: .oauth)
        let secrets = clients.contains(where: \.isConfidential) ? Self.secretMethods : []
        let methods = secrets + (clients.contains { !$0.isConfidential } ? ["none"] : [])
        return [
            "issuer": .string(url),
            "authorization_endpoint": place(.authorize),
            "token_endpoint": place(.token),
            "revocation_endpoint": place(.revoke),
            "introspection_endpoint": place(.introspect),
            "jwks_uri": place(.keySet),
            "scopes_supported": Self.texts(scopes(of: clients)),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": Self.texts(
                GrantType.allCases.filter { type in clients.contains { $0.allows(type) } }
                    .map(\.rawValue)
            ),
            "token_endpoint_auth_methods_supported": Self.texts(methods),
            "revocation_endpoint_auth_methods_supported": Self.texts(methods),
            "introspection_endpoint_auth_methods_supported": Self.texts(secrets),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        ]
    }

    private var openID: JSONObject {
        let url = context.settings.url
        var document = base
        document["userinfo_endpoint"] = .string(
            url + Endpoint.userInfo.paths(dressipiPrefix: "")[0]
        )
        document["end_session_endpoint"] = .string(
            url + Endpoint.logout.paths(dressipiPrefix: "")[0]
        )
        document["subject_types_supported"] = ["public"]
        document["id_token_signing_alg_values_supported"] = Self.texts(algorithms)
        document["prompt_values_supported"] = Self.texts(AuthorizeCheck.prompts)
        document["claims_supported"] = Self.texts(Self.claims)
        document["claims_parameter_supported"] = false
        document["request_parameter_supported"] = false
        document["request_uri_parameter_supported"] = false
        return document
    }

    /// Those of the conf and those of keys that were made under another.
    private var algorithms: [String] {
        var names = [context.settings.signingAlgorithm]
        for key in context.keys.keySet(of: .server).keys {
            if let name = key.algorithm?.rawValue, !names.contains(name) {
                names.append(name)
            }
        }
        return names
    }

    private func scopes(of clients: [OAuthClient]) -> [String] {
        var scopes: [String] = []
        for scope in clients.flatMap(\.grantableScopes) where !scopes.contains(scope) {
            scopes.append(scope)
        }
        return scopes
    }

    private static func texts(_ texts: [String]) -> JSONValue {
        .array(texts.map { .string($0) })
    }

    /// An hour: keys are published far longer before they sign.
    private static let keeping = ControlField("cache-control", "public, max-age=3600")
    private static let secretMethods = ["client_secret_basic", "client_secret_post"]
    private static let claims = [
        "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "name",
        "picture",
        "email", "email_verified",
    ]
}
