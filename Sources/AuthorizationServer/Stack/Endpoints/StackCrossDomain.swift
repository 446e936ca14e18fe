import Access
import Configuration
import JSON
import Storage

/// `POST /api/v1/auth/oauth/cross-domain/authorize`: a session is handed to another trusted domain of
/// the project (contract, section 8).
///
/// The other domain gets a session of its own that ends with this one and never outlives it.
struct StackCrossDomain: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// A code for the other domain.
    func respond() async -> ControlResponse {
        let writer = StackResponse(request: request)
        do throws(StackFault) {
            let body: Parameters
            do throws(ParameterFault) {
                body = try request.bodyParameters()
            } catch {
                throw StackFault(.bodyParsingError, "The body cannot be read as JSON.")
            }
            let caller = try await StackCallerReader(context: context, request: request)
                .readRequired().get()
            try checkSchema(body)
            guard let user = caller.user else {
                throw StackFault(
                    .userAuthenticationRequired,
                    "This endpoint needs x-stack-access-token."
                )
            }
            if user.isSessionOver { throw StackFault.accessTokenExpired(nil, expiry: nil) }
            guard let token = request.value(of: "x-stack-refresh-token"), !token.isEmpty else {
                return writer.text("This endpoint needs x-stack-refresh-token.")
            }
            guard await owns(token, user.sessionID) else {
                return writer.text("The refresh token is not this session's.", status: 401)
            }
            try checkRedirects(body, caller.project)
            return await issue(body, user, caller.project)
        } catch {
            return writer.fault(error)
        }
    }

    private func issue(
        _ body: Parameters,
        _ user: StackUser,
        _ project: ProjectSettings
    ) async -> ControlResponse {
        let client = OAuthClient(project: project)
        let outer = AuthorizationRequest(
            clientID: client.id,
            redirectURI: body["redirect_uri"] ?? "",
            state: body["state"] ?? "",
            scopes: [ScopePolicy.legacy],
            challenge: body["code_challenge"] ?? "",
            afterCallbackRedirectURL: body["after_callback_redirect_url"]
        )
        let payload = CodePayload(
            request: outer,
            subject: .session(id: user.sessionID),
            authenticatedAt: context.now
        )
        switch await CodeIssuing(context: context).issue(payload, for: client) {
        case .failure(let fault): return StackResponse(request: request).unavailable(fault)
        case .success(let code):
            return .json(
                ["redirect_url": .string(context.answerURL(outer, client, code: code))],
                note: ControlNote(clientID: client.id, subject: user.id)
            )
        }
    }

    private func owns(_ refreshToken: String, _ sessionID: String) async -> Bool {
        let hash = OpaqueToken.hash(refreshToken)
        let found = try? await context.store.read { try $0.refreshToken(hash: hash) }
        return found.flatMap { $0 }?.sessionID == sessionID
    }

    private func checkSchema(_ body: Parameters) throws(StackFault) {
        let known: Set = [
            "redirect_uri", "state", "code_challenge", "code_challenge_method",
            "after_callback_redirect_url",
        ]
        if let name = body.duplicate { throw schema(String(name.prefix(40)), "must stand once") }
        if !body.names.union(body.notText).isSubset(of: known) {
            throw schema("", "has unknown fields")
        }
        for name in ["redirect_uri", "after_callback_redirect_url"] {
            guard let text = body[name] else {
                if name == "redirect_uri" { throw schema(name, "must be defined") }
                continue
            }
            if WebAddress(text) == nil { throw schema(name, "must be a valid URL") }
        }
        guard let state = body["state"], (1...512).contains(state.utf8.count) else {
            throw schema("state", "must have 1 to 512 characters")
        }
        guard let challenge = body["code_challenge"], ProofKey.isChallenge(challenge) else {
            throw schema("code_challenge", "must be 43 characters of base64url (S256)")
        }
        if let method = body["code_challenge_method"], method != "S256" {
            throw schema("code_challenge_method", "must be S256")
        }
    }

    private func checkRedirects(
        _ body: Parameters,
        _ project: ProjectSettings
    ) throws(StackFault) {
        for name in ["redirect_uri", "after_callback_redirect_url"] {
            guard let text = body[name],
                let reason = RedirectPolicy.refusal(of: text, for: project)
            else { continue }
            throw StackFault(.redirectURLNotWhitelisted, "\(name): \(reason)")
        }
    }

    private func schema(_ name: String, _ what: String) -> StackFault {
        .schema("POST \(request.path)", name.isEmpty ? "body" : "body.\(name)", what)
    }
}
