import Configuration
import EventLoop
import JOSE
import JSON

/// A provider of OpenID Connect: a preset, or any with a discovery document.
///
/// Who it is, is what its ID token says; user info only adds to that, and only about the same
/// subject.
struct OpenIDProvider: IdentityProvider {
    private let client: ProviderClient
    private let traits: OpenIDTraits
    private let tools: ProviderTools
    private let source: MetadataSource
    private let keys: ProviderKeys

    /// Makes a provider ready; nothing is fetched.
    init(
        _ settings: ProviderSettings,
        preset: ProviderPreset,
        traits: OpenIDTraits,
        tools: ProviderTools
    ) {
        client = ProviderClient(settings, preset: preset)
        self.traits = traits
        self.tools = tools
        source = MetadataSource(settings, preset: preset, traits: traits, tools: tools)
        keys = ProviderKeys(source: source, tools: tools)
    }

    var id: String { client.id }

    var usesFormPost: Bool { client.preset.usesFormPost }

    func authorizationURL(
        _ request: ProviderAuthorizationRequest
    ) async throws(ProviderFault) -> String {
        let metadata = try await source.current()
        return client.authorizationURL(request, at: metadata.authorizationEndpoint)
    }

    func identity(for callback: ProviderCallback) async throws(ProviderFault) -> ProviderIdentity {
        let metadata = try await source.current()
        let code = try CallbackCode.read(
            callback,
            issuers: metadata.issuers,
            demandsIssuer: metadata.sendsIssuer
        )
        let calls = ProviderCalls(tools: tools)
        let answer = try await ProviderTokenExchange(client: client, calls: calls).tokens(
            code: code,
            callback: callback,
            at: metadata.tokenEndpoint,
            authentication: metadata.authentication
        )
        let nowSeconds = tools.now().secondsSince1970
        let idToken = try await verified(answer, callback, metadata, nowSeconds: nowSeconds)
        let userInfo = try await userInfo(answer, idToken, metadata, calls)
        let claims = traits.readsUserInfoOnly ? [] : [idToken.claims]
        let sources = AccountReader.Sources(
            objects: claims + (userInfo.map { [$0] } ?? []),
            emails: nil,
            formName: usesFormPost ? AppleUser.name(in: callback) : nil
        )
        return try AccountReader(client: client).identity(
            sources,
            claims: Self.claims(idToken, userInfo ?? [:]),
            tokens: client.tokens(answer, callback: callback, nowSeconds: nowSeconds)
        )
    }

    private func verified(
        _ answer: ProviderTokenAnswer,
        _ callback: ProviderCallback,
        _ metadata: ProviderMetadata,
        nowSeconds: Int64
    ) async throws(ProviderFault) -> IDToken {
        guard let text = answer.idToken else {
            throw .broken(detail: "token endpoint: no id_token")
        }
        let check = IDTokenCheck(
            clientID: client.clientID,
            issuers: metadata.issuers,
            nonce: callback.nonce,
            demandsNonce: traits.demandsNonce,
            accessToken: answer.accessToken,
            nowSeconds: nowSeconds
        )
        return try await keys.verify { (keys) throws(IDTokenFault) in
            try check.verify(text, with: keys)
        }
    }

    private func userInfo(
        _ answer: ProviderTokenAnswer,
        _ idToken: IDToken,
        _ metadata: ProviderMetadata,
        _ calls: ProviderCalls
    ) async throws(ProviderFault) -> JSONObject? {
        guard let endpoint = metadata.userInfoEndpoint else { return nil }
        let object = try await UserInfoCall(client: client, calls: calls).userInfo(
            at: endpoint,
            accessToken: answer.accessToken
        )
        if let name = traits.userInfoSubject {
            // Another subject's user info would put his address beside this one's account
            // (Core §5.3.2).
            guard let subject = object[name]?.string,
                JSONText.isExactly(subject, idToken.subject)
            else { throw .broken(detail: "user info: \(name) is not the id_token's sub") }
        }
        return object
    }

    /// What is kept: the token's claims, and what user info has beside them.
    private static func claims(_ idToken: IDToken, _ userInfo: JSONObject) -> JSONObject {
        var claims = idToken.claims
        for member in userInfo.members where !claims.contains(member.name) {
            claims[member.name] = member.value
        }
        // Of use to this one sign-in only.
        for name in ["nonce", "at_hash", "c_hash"] {
            claims[name] = nil
        }
        return claims
    }
}
