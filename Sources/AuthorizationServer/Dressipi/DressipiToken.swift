import Access
import Configuration
import EventLoop
import JSON

/// `POST /oauth/token` (contract, section 20.1).
///
/// Every fault is 400: the documents know no other status, and the client reads none.
struct DressipiToken: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Tokens, or why there are none.
    func respond() async -> ControlResponse {
        do throws(OAuthFault) {
            let parameters = try readParameters()
            let client = try DressipiRules.client(parameters, context)
            do throws(OAuthFault) {
                try checkPlace(client)
                return try await answer(parameters, client)
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
        _ parameters: Parameters,
        _ client: OAuthClient
    ) async throws(OAuthFault) -> ControlResponse {
        guard let type = parameters["grant_type"] else { throw DressipiRules.missing("grant_type") }
        guard let redirectURI = parameters["redirect_uri"] else {
            throw DressipiRules.missing("redirect_uri")
        }
        guard let grant = GrantType(rawValue: type), grant != .clientCredentials else {
            throw OAuthFault(
                .unsupportedGrantType,
                "grant_type is authorization_code or refresh_token.",
                detail: "request.grant_type"
            )
        }
        guard client.allows(grant) else { throw OAuthFault(.grantNotAllowed) }
        let result: Result<TokenAnswer, GrantFault>
        var kept: String?
        if grant == .authorizationCode {
            guard let code = parameters["code"] else { throw DressipiRules.missing("code") }
            result = await CodeGrant(context: context).redeem(
                CodeGrant.Presentation(
                    code: code,
                    verifier: parameters["code_verifier"],
                    // Compared with the code's own: a wrong one uses the code up like a wrong verifier.
                    redirectURI: redirectURI,
                    address: request.clientAddress.description
                ),
                by: client
            )
        } else {
            guard JSONText.isExactly(redirectURI, DressipiRules.redirectURI) else {
                throw DressipiRules.redirectURIWrong
            }
            guard let token = parameters["refresh_token"] else {
                throw DressipiRules.missing("refresh_token")
            }
            kept = token
            result = await RefreshGrant(context: context).refresh(token, by: client)
        }
        switch result {
        case .success(let answer): return success(answer, kept: kept, client)
        case .failure(let fault):
            throw OAuthFault(fault, hasVerifier: parameters["code_verifier"] != nil)
        }
    }

    /// The tokens; `kept` is the refresh token that stays where none rotates, because the client
    /// replaces all that it has with the answer.
    private func success(
        _ answer: TokenAnswer,
        kept: String?,
        _ client: OAuthClient
    ) -> ControlResponse {
        var body: JSONObject = ["access_token": .string(answer.accessToken)]
        body["refresh_token"] = (answer.refreshToken ?? kept).map { .string($0) }
        body["expires_in"] = .integer(answer.expiresIn(now: context.clock().secondsSince1970))
        body["token_type"] = "Bearer"
        body["scope"] = .string(answer.scopes.joined(separator: " "))
        return .json(
            body,
            fields: [
                ControlField("cache-control", "no-store"), ControlField("pragma", "no-cache"),
            ],
            note: ControlNote(clientID: client.id, subject: answer.subject)
        )
    }

    /// The body, or the query of a request without one; never both.
    private func readParameters() throws(OAuthFault) -> Parameters {
        let hasQuery = !(request.query ?? "").isEmpty
        if hasQuery, !request.body.isEmpty {
            throw OAuthFault(
                .invalidRequest,
                "Parameters stand in one place only.",
                detail: "request.two_places"
            )
        }
        do throws(ParameterFault) {
            return hasQuery ? try request.queryParameters() : try request.bodyParameters()
        } catch {
            throw OAuthFault(
                .invalidRequest,
                "The parameters cannot be read as a form or as JSON.",
                detail: "request.unreadable"
            )
        }
    }

    /// The query is for the one client that knows no better, where the operator says so.
    private func checkPlace(_ client: OAuthClient) throws(OAuthFault) {
        guard (request.query ?? "").isEmpty || client.tokens.takesParametersInQuery else {
            throw OAuthFault(
                .invalidRequest,
                "Parameters stand in the body, never in the URL.",
                detail: "request.query"
            )
        }
    }
}
