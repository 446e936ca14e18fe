import Configuration
import EventLoop
import JSON

/// A provider of plain OAuth: whoever owns the access token is who signed in.
struct OAuthProvider: IdentityProvider {
    private let client: ProviderClient
    private let settings: ProviderSettings
    private let tools: ProviderTools

    /// Makes a provider ready; nothing is fetched.
    init(_ settings: ProviderSettings, preset: ProviderPreset, tools: ProviderTools) {
        client = ProviderClient(settings, preset: preset)
        self.settings = settings
        self.tools = tools
    }

    var id: String { client.id }

    var usesFormPost: Bool { client.preset.usesFormPost }

    func authorizationURL(
        _ request: ProviderAuthorizationRequest
    ) async throws(ProviderFault) -> String {
        let endpoint = try endpoint(
            "authorization_endpoint",
            settings.authorizationEndpoint ?? client.preset.authorizationEndpoint
        )
        return client.authorizationURL(request, at: endpoint)
    }

    func identity(for callback: ProviderCallback) async throws(ProviderFault) -> ProviderIdentity {
        let issuers = settings.issuer.map { [$0] } ?? client.preset.callbackIssuers
        let code = try CallbackCode.read(
            callback,
            issuers: issuers.map { IssuerPattern($0) },
            demandsIssuer: false
        )
        let calls = ProviderCalls(tools: tools)
        let answer = try await ProviderTokenExchange(client: client, calls: calls).tokens(
            code: code,
            callback: callback,
            at: try endpoint(
                "token_endpoint",
                settings.tokenEndpoint ?? client.preset.tokenEndpoint
            ),
            authentication: client.preset.authentication
        )
        let place = settings.userInfoEndpoint ?? client.preset.userInfoEndpoint ?? ""
        let question = UserInfoCall(client: client, calls: calls)
        let userInfo = try await question.userInfo(
            at: try endpoint("userinfo_endpoint", place),
            accessToken: answer.accessToken
        )
        let sources = AccountReader.Sources(
            objects: [userInfo],
            emails: try await emails(below: place, question, answer)
        )
        let nowSeconds = tools.now().secondsSince1970
        return try AccountReader(client: client).identity(
            sources,
            claims: userInfo,
            tokens: client.tokens(answer, callback: callback, nowSeconds: nowSeconds)
        )
    }

    /// The list of addresses, where the provider has one: at `/emails` below user info, with all
    /// three that do.
    private func emails(
        below place: String,
        _ question: UserInfoCall,
        _ answer: ProviderTokenAnswer
    ) async throws(ProviderFault) -> JSONValue? {
        guard case .list = client.preset.fields.email else { return nil }
        return try await question.value(
            at: try endpoint("userinfo_endpoint", "\(place)/emails"),
            accessToken: answer.accessToken,
            what: "e-mail addresses",
            refusal: .refused(
                text: ProviderErrorWord.emailMissing,
                detail: "e-mail addresses: status 403"
            )
        )
    }

    private func endpoint(
        _ name: String,
        _ text: String
    ) throws(ProviderFault) -> ProviderEndpoint {
        guard let endpoint = ProviderEndpoint(text, allowsPlain: true) else {
            throw .broken(detail: "\(name): neither https, nor http to loopback")
        }
        return endpoint
    }
}
