import Access
import Configuration
import EventLoop
import JSON

/// `POST /oauth2/token` (RFC 6749 §3.2, OAuth 2.1 §3.2).
struct OAuthToken: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Tokens, or why there are none.
    func respond() async -> ControlResponse {
        do throws(OAuthFault) {
            let form = try request.oauthForm()
            let client = try OAuthClientAuthentication(
                context: context,
                request: request,
                form: form
            ).client()
            do throws(OAuthFault) {
                return success(try await answer(form, client), client)
            } catch {
                var fault = error
                fault.clientID = client.id
                throw fault
            }
        } catch {
            return error.response
        }
    }

    private func answer(
        _ form: Parameters,
        _ client: OAuthClient
    ) async throws(OAuthFault) -> TokenAnswer {
        if let seconds = context.limited(client) { throw .tooMany(retryAfter: seconds) }
        guard let type = form["grant_type"] else { throw missing("grant_type") }
        guard let grant = GrantType(rawValue: type) else {
            throw OAuthFault(
                .unsupportedGrantType,
                "grant_type is authorization_code, refresh_token or client_credentials.",
                detail: "request.grant_type"
            )
        }
        guard client.allows(grant) else { throw OAuthFault(.grantNotAllowed) }
        try ResourceIndicator.check(form, client, context)
        let result: Result<TokenAnswer, GrantFault>
        switch grant {
        case .authorizationCode:
            result = await redeem(try required("code", form), form, client)
        case .refreshToken:
            let token = try required("refresh_token", form)
            let scopes = try form["scope"].map(words)
            result = await RefreshGrant(context: context).refresh(
                token,
                requested: scopes,
                by: client
            )
        case .clientCredentials:
            let scopes = try words(form["scope"] ?? "")
            result = TokenMint(context: context).machineAnswer(for: client, requested: scopes)
        }
        switch result {
        case .success(let answer): return answer
        case .failure(let fault):
            throw OAuthFault(fault, hasVerifier: form["code_verifier"] != nil)
        }
    }

    private func redeem(
        _ code: String,
        _ form: Parameters,
        _ client: OAuthClient
    ) async -> Result<TokenAnswer, GrantFault> {
        await CodeGrant(context: context).redeem(
            CodeGrant.Presentation(
                code: code,
                verifier: form["code_verifier"],
                redirectURI: form["redirect_uri"],
                // OAuth 2.1 left it out, as PKCE does its work; said, it must be right.
                checksRedirectURI: form["redirect_uri"] != nil,
                address: request.clientAddress.description
            ),
            by: client
        )
    }

    private func success(_ answer: TokenAnswer, _ client: OAuthClient) -> ControlResponse {
        var body: JSONObject = [
            "access_token": .string(answer.accessToken),
            "token_type": "Bearer",
            "expires_in": .integer(answer.expiresIn(now: context.clock().secondsSince1970)),
            "scope": .string(answer.scopes.joined(separator: " ")),
        ]
        body["refresh_token"] = answer.refreshToken.map { .string($0) }
        body["id_token"] = answer.idToken.map { .string($0) }
        return .json(
            body,
            fields: [
                ControlField("cache-control", "no-store"), ControlField("pragma", "no-cache"),
            ],
            note: ControlNote(clientID: client.id, subject: answer.subject)
        )
    }

    private func required(
        _ name: String,
        _ form: Parameters
    ) throws(OAuthFault) -> String {
        guard let value = form[name] else { throw missing(name) }
        return value
    }

    private func words(_ text: String) throws(OAuthFault) -> [String] {
        guard let words = ScopePolicy.words(text) else {
            throw OAuthFault(.invalidScope, "The scope is malformed.", detail: "scope.malformed")
        }
        return words
    }

    private func missing(_ name: String) -> OAuthFault {
        OAuthFault(.invalidRequest, "\(name) is missing.", detail: "request.missing")
    }
}

extension ServerContext {
    /// Seconds until the client may ask for tokens again, or `nil` where it may now.
    func limited(_ client: OAuthClient) -> Int64? {
        guards.limits.take(.client(client.id), rate: settings.limits.tokenRate, now: now)
    }
}

/// `resource` (RFC 8707): a client has one audience, which may be said and not chosen.
enum ResourceIndicator {
    /// Refuses any other.
    static func check(
        _ parameters: Parameters,
        _ client: OAuthClient,
        _ context: ServerContext
    ) throws(OAuthFault) {
        guard let resource = parameters["resource"] else { return }
        let audience = client.registration?.audience ?? context.settings.url
        guard JSONText.isExactly(resource, audience) else {
            throw OAuthFault(
                .invalidTarget,
                "The client gets tokens for its own audience only.",
                detail: "request.resource"
            )
        }
    }
}
