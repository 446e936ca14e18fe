import Access
import Bytes
import Configuration
import EventLoop
import JSON

/// `POST /api/v1/auth/oauth/token` (contract, section 7).
///
/// Errors have the hybrid body of decision 3: Stack's code beside the word of RFC 6749.
struct StackToken: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Tokens, or why there are none.
    func respond() async -> ControlResponse {
        do throws(StackFault) {
            let body = try readBody()
            if case .failure(let fault) = await StackCallerReader(
                context: context,
                request: request
            ).read(isLenient: true) {
                throw fault
            }
            if let name = body.duplicate {
                throw schema("body.\(name.prefix(40))", "must stand once", "invalid_request")
            }
            switch body["grant_type"] {
            case "authorization_code": return try await redeem(body)
            case "refresh_token": return try await refresh(body)
            case nil: throw schema("body.grant_type", "must be defined", "invalid_request")
            default:
                throw schema(
                    "body.grant_type",
                    "must be one of: authorization_code, refresh_token",
                    "unsupported_grant_type"
                )
            }
        } catch {
            return StackResponse(request: request).fault(error, isGrant: true)
        }
    }

    private func redeem(_ body: Parameters) async throws(StackFault) -> ControlResponse {
        let client = try StackClientAuthentication(context: context, request: request, body: body)
            .client(needsSecret: false)
        let query = (try? request.queryParameters()) ?? Parameters()
        guard let code = body["code"] else {
            throw schema("body.code", "must be defined", "invalid_request")
        }
        let result = await CodeGrant(context: context).redeem(
            CodeGrant.Presentation(
                code: code,
                verifier: body["code_verifier"],
                redirectURI: body["redirect_uri"] ?? query["redirect_uri"],
                address: request.clientAddress.description
            ),
            by: client
        )
        switch result {
        case .success(let answer): return success(answer, client)
        case .failure(let fault):
            throw StackFault(fault, hasVerifier: body["code_verifier"] != nil)
        }
    }

    private func refresh(_ body: Parameters) async throws(StackFault) -> ControlResponse {
        let client = try StackClientAuthentication(context: context, request: request, body: body)
            .client(needsSecret: true)
        guard let token = body["refresh_token"] else {
            throw schema("body.refresh_token", "must be defined", "invalid_request")
        }
        let requested = body["scope"].map { ScopePolicy.words($0) ?? [$0] }
        let result = await RefreshGrant(context: context).refresh(
            token,
            requested: requested,
            by: client
        )
        switch result {
        case .success(let answer): return success(answer, client)
        case .failure(let fault): throw StackFault(fault, hasVerifier: true)
        }
    }

    private func success(_ answer: TokenAnswer, _ client: OAuthClient) -> ControlResponse {
        var body: JSONObject = [
            "access_token": .string(answer.accessToken),
            "token_type": "Bearer",
            "expires_in": .integer(answer.expiresIn(now: context.clock().secondsSince1970)),
            "scope": .string(answer.scopes.joined(separator: " ")),
        ]
        body["refresh_token"] = answer.refreshToken.map { .string($0) }
        if let isNew = answer.isNewUser {
            body["is_new_user"] = .boolean(isNew)
            body["newUser"] = .boolean(isNew)
        }
        let after = answer.afterCallbackRedirectURL.map { JSONValue.string($0) } ?? .null
        body["after_callback_redirect_url"] = after
        body["afterCallbackRedirectUrl"] = after
        return .json(
            body,
            fields: [
                ControlField("cache-control", "no-store"), ControlField("pragma", "no-cache"),
            ],
            note: ControlNote(clientID: client.id, subject: answer.subject)
        )
    }

    private func readBody() throws(StackFault) -> Parameters {
        do throws(ParameterFault) {
            return try request.bodyParameters()
        } catch {
            throw StackFault(.bodyParsingError, "The body cannot be read as JSON or as a form.")
        }
    }

    private func schema(_ place: String, _ what: String, _ oauthError: String) -> StackFault {
        let fault = StackFault.schema("POST \(request.path)", place, what)
        return StackFault(
            fault.code,
            fault.message,
            details: fault.details,
            oauthError: oauthError
        )
    }
}

extension StackFault {
    /// What a grant's fault is called at `/token`.
    init(_ fault: GrantFault, hasVerifier: Bool) {
        switch fault {
        case .account(let account):
            let known = StackFault(account)
            self.init(
                known.code,
                known.message,
                details: known.details,
                oauthError: "invalid_grant",
                detail: fault.detail
            )
        case .codeInvalid(let detail):
            self.init(
                .invalidAuthorizationCode,
                hasVerifier
                    ? Self.sentence(detail)
                    : "The code_verifier is missing: PKCE (S256) is demanded of every client.",
                detail: hasVerifier ? fault.detail : "code.verifier_missing"
            )
        case .refreshTokenInvalid:
            self.init(
                .refreshTokenNotFound,
                "The refresh token is not known, or its session is over. Sign in again.",
                detail: fault.detail
            )
        case .grantNotAllowed:
            self.init(.schemaError, "This grant is not open to the client.", detail: fault.detail)
        case .scopeInvalid:
            self.init(
                .invalidScope,
                "None of the scopes that were asked for can be granted to this user.",
                detail: fault.detail
            )
        case .broken, .unavailable:
            self.init(
                .oauthProviderUnavailable,
                "The server cannot answer at the moment. Try again in a few seconds.",
                oauthError: "temporarily_unavailable",
                detail: fault.detail
            )
        }
    }

    private static func sentence(_ detail: GrantFault.CodeDetail) -> String {
        switch detail {
        case .redirectMismatch:
            "The redirect_uri is not the one that the code was asked for with."
        case .verifierMismatch: "The code_verifier does not belong to the code's challenge."
        default: "The authorization code is not known, has expired, or was used before."
        }
    }
}
