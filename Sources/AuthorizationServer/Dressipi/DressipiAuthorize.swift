import Access
import Configuration
import JSON
import Storage

/// `GET /oauth/authorize` (contract, section 20.1): a code for an anonymous profile, in the body.
///
/// The profile comes to be when the code is redeemed: asking alone writes no user.
struct DressipiAuthorize: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The code and the state.
    func respond() async -> ControlResponse {
        do throws(OAuthFault) {
            let parameters: Parameters
            do throws(ParameterFault) {
                parameters = try request.queryParameters()
            } catch {
                throw OAuthFault(
                    .invalidRequest,
                    "The query cannot be read.",
                    detail: "request.unreadable"
                )
            }
            let client = try DressipiRules.client(parameters, context)
            do throws(OAuthFault) {
                return try await issue(parameters, client)
            } catch {
                var fault = error
                fault.clientID = client.id
                throw fault
            }
        } catch {
            return error.response
        }
    }

    private func issue(
        _ parameters: Parameters,
        _ client: OAuthClient
    ) async throws(OAuthFault) -> ControlResponse {
        let outer = try check(parameters, client)
        let issued = await CodeIssuing(context: context).issue(
            CodePayload(request: outer, subject: .anonymous, authenticatedAt: context.now),
            for: client
        )
        switch issued {
        case .failure(let fault): throw OAuthFault(GrantFault(fault))
        case .success(let code):
            return .json(
                ["code": .string(code), "state": .string(outer.state)],
                fields: [ControlField("cache-control", "no-store")],
                note: ControlNote(clientID: client.id)
            )
        }
    }

    private func check(
        _ parameters: Parameters,
        _ client: OAuthClient
    ) throws(OAuthFault) -> AuthorizationRequest {
        guard let redirectURI = parameters["redirect_uri"] else {
            throw DressipiRules.missing("redirect_uri")
        }
        guard JSONText.isExactly(redirectURI, DressipiRules.redirectURI) else {
            throw DressipiRules.redirectURIWrong
        }
        guard let type = parameters["response_type"] else {
            throw DressipiRules.missing("response_type")
        }
        guard type == "code" else {
            throw OAuthFault(
                .unsupportedResponseType,
                "The one response_type is code.",
                detail: "request.response_type"
            )
        }
        guard client.allows(.authorizationCode) else { throw OAuthFault(.grantNotAllowed) }
        guard let state = parameters["state"] else { throw DressipiRules.missing("state") }
        guard AuthorizeCheck.isEchoable(state) else {
            throw OAuthFault(
                .invalidRequest,
                "state is visible ASCII of no more than 2048 characters.",
                detail: "request.state"
            )
        }
        guard let challenge = parameters["code_challenge"] else {
            throw DressipiRules.missing("code_challenge")
        }
        guard parameters["code_challenge_method"] == "S256", ProofKey.isChallenge(challenge) else {
            throw OAuthFault(
                .invalidRequest,
                "code_challenge must be 43 characters of base64url, its method S256.",
                detail: "challenge.malformed"
            )
        }
        let usual = ScopePolicy.granted(requested: [], client: client, held: [])
        if usual.isEmpty, !client.grantableScopes.isEmpty { throw OAuthFault(.scopeInvalid) }
        return AuthorizationRequest(
            clientID: client.id,
            redirectURI: redirectURI,
            state: state,
            scopes: [],
            challenge: challenge
        )
    }
}
