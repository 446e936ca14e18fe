import Access
import Bytes
import Configuration
import EventLoop
import JSON

/// `GET /api/v1/auth/oauth/authorize/{provider_id}` (contract, section 5).
///
/// Everything that can be checked is checked here (decision 5), before anything leaves; what is wrong
/// is answered directly, because the redirect is not trusted yet.
struct StackAuthorize: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The answer: a redirect to the provider, or its address as JSON.
    func respond() async -> ControlResponse {
        do throws(StackFault) {
            let parameters = try readQuery()
            if case .failure(let fault) = await StackCallerReader(
                context: context,
                request: request
            ).read(isLenient: true) {
                throw fault
            }
            return try await begin(parameters)
        } catch {
            return refused(error)
        }
    }

    private func begin(_ parameters: Parameters) async throws(StackFault) -> ControlResponse {
        try checkSchema(parameters)
        let client = try findClient(parameters)
        let provider = try findProvider(client.project)
        let isLink = parameters["type"] == "link"
        let isJSON = parameters["stack_response_mode"] == "json"
        if isLink, parameters["token"] == nil {
            return StackResponse(request: request).text("type=link needs the token of the user.")
        }
        if isLink, isJSON {
            throw schema("query.type", "must not be link in JSON mode: no cookie would bind it")
        }
        let redirectURI = try checkRedirects(parameters, client.project)
        var outer = try checkGrant(parameters, client, redirectURI)
        outer.isLink = isLink
        outer.isJSONMode = isJSON
        if let token = parameters["token"] {
            switch try await currentUser(token, client.project) {
            case .other:
                return StackResponse(request: request)
                    .text("The token belongs to another project.", status: 403)
            case .user(let id): outer.currentUserID = id
            }
        }
        let extraScopes = ScopePolicy.words(parameters["provider_scope"] ?? "") ?? []
        let started = await SignInFlow(context: context).begin(
            outer,
            client,
            provider: provider,
            providerScopes: extraScopes,
            address: request.clientAddress.network.description
        )
        switch started {
        case .failure(let fault):
            return StackFlowAnswer(context: context, request: request).direct(fault)
        case .success(let start):
            let note = ControlNote(clientID: client.id)
            return isJSON
                ? .json(["location": .string(start.location)], note: note)
                : .redirect(to: start.location, status: 302, fields: start.cookies, note: note)
        }
    }

    /// Errors of authorize go to a browser as a page, and to a program as JSON.
    private func refused(_ fault: StackFault) -> ControlResponse {
        guard request.isNavigation else { return StackResponse(request: request).fault(fault) }
        let page: PageFault =
            switch fault.code {
            case .invalidOAuthClient: .unknownClient
            case .oauthProviderUnavailable: .providerUnavailable
            case .redirectURLNotWhitelisted: .redirectNotAllowed
            default: .invalidRequest
            }
        var response = PageRenderer(issuerURL: context.settings.url).render(
            .error(ErrorPage(fault: page, code: fault.code.rawValue)),
            status: fault.status,
            requestID: request.requestID,
            extraFields: [ControlField("x-stack-known-error", fault.code.rawValue)]
        )
        response.note = ControlNote(error: fault.code.rawValue, detail: fault.message)
        return response
    }
}

extension StackAuthorize {
    private func readQuery() throws(StackFault) -> Parameters {
        let parameters: Parameters
        do throws(ParameterFault) {
            parameters = try request.queryParameters()
        } catch {
            throw schema("query", "cannot be read")
        }
        return parameters
    }

    private func checkSchema(_ parameters: Parameters) throws(StackFault) {
        if let name = parameters.duplicate {
            throw schema("query.\(Self.printable(name))", "must stand once")
        }
        for name in Self.required where parameters[name] == nil {
            throw schema("query.\(name)", "must be defined")
        }
        try demand(parameters, "grant_type", among: ["authorization_code"])
        try demand(parameters, "response_type", among: ["code"])
        try demand(parameters, "type", among: ["authenticate", "link"])
        try demand(parameters, "stack_response_mode", among: ["json", "redirect"])
        try demand(parameters, "bot_challenge_phase", among: ["invisible", "visible"])
        try demand(parameters, "code_challenge_method", among: ["S256"])
        if let challenge = parameters["code_challenge"], !ProofKey.isChallenge(challenge) {
            throw schema("query.code_challenge", "must be 43 characters of base64url (S256)")
        }
        if let state = parameters["state"], !state.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            throw schema("query.state", "must be visible ASCII")
        }
    }

    private func demand(
        _ parameters: Parameters,
        _ name: String,
        among values: [String]
    ) throws(StackFault) {
        guard let value = parameters[name], !values.contains(value) else { return }
        throw schema("query.\(name)", "must be one of: \(values.joined(separator: ", "))")
    }

    private func findClient(_ parameters: Parameters) throws(StackFault) -> OAuthClient {
        let id = parameters["client_id"] ?? ""
        guard let client = context.clients.stackClient(id) else {
            throw StackFault(
                .invalidOAuthClient,
                "The client_id or the client_secret is not right.",
                details: ["client_id": .string(id)],
                detail: "client.unknown"
            )
        }
        let secret = parameters["client_secret"] ?? ""
        if secret == PublishableKey.sentinel {
            if client.project.requiresPublishableClientKey {
                throw .publishableKeyRequired(client.project)
            }
        } else if !PublishableKey.isValid(secret, for: client.project) {
            throw StackFault(
                .invalidPublishableClientKey,
                "The publishable client key is not this project's.",
                details: ["project_id": .string(client.project.id)]
            )
        }
        return client
    }

    private func findProvider(_ project: ProjectSettings) throws(StackFault) -> ProviderSettings {
        let found = project.providers.map { context.settings.providers[$0] }
            .first { $0.id == request.parameter }
        guard let found else {
            throw StackFault(
                .oauthProviderNotFound,
                "The provider is not found, or not enabled in this project."
            )
        }
        return found
    }

    private func checkRedirects(
        _ parameters: Parameters,
        _ project: ProjectSettings
    ) throws(StackFault) -> String {
        let given = parameters["redirect_uri"] ?? ""
        // The fragment is the application's own and never comes back (RFC 6749 §3.1.2).
        let redirectURI = String(given.prefix { $0 != "#" })
        guard WebAddress(redirectURI) != nil else {
            throw schema("query.redirect_uri", "must be a valid URL")
        }
        for name in ["redirect_uri", "after_callback_redirect_url"] {
            let text = name == "redirect_uri" ? redirectURI : parameters[name]
            guard let text, let reason = RedirectPolicy.refusal(of: text, for: project) else {
                continue
            }
            throw StackFault(
                .redirectURLNotWhitelisted,
                name == "redirect_uri" ? reason : "\(name): \(reason)",
                detail: "redirect.untrusted"
            )
        }
        return redirectURI
    }

    private func checkGrant(
        _ parameters: Parameters,
        _ client: OAuthClient,
        _ redirectURI: String
    ) throws(StackFault) -> AuthorizationRequest {
        guard let scopes = ScopePolicy.words(parameters["scope"] ?? ""),
            ScopePolicy.isPossible(scopes, for: client)
        else {
            throw StackFault(
                .invalidScope,
                "None of the scopes can be granted; ask for legacy to have all that the user holds."
            )
        }
        let errorURI = parameters["error_redirect_uri"] ?? parameters["error_redirect_url"]
        return AuthorizationRequest(
            clientID: client.id,
            redirectURI: redirectURI,
            state: parameters["state"] ?? "",
            scopes: scopes,
            challenge: parameters["code_challenge"] ?? "",
            afterCallbackRedirectURL: parameters["after_callback_redirect_url"],
            // Outside the list it is as if it had not come (decision 5).
            errorRedirectURI: errorURI.flatMap {
                RedirectPolicy.refusal(of: $0, for: client.project) == nil ? $0 : nil
            }
        )
    }

    private enum CurrentUser {
        case other
        case user(String)
    }

    private func currentUser(
        _ token: String,
        _ project: ProjectSettings
    ) async throws(StackFault) -> CurrentUser {
        var open = request
        // Anonymous and restricted users may sign in: that is how they cease to be.
        open.fields.append(ControlField("x-stack-allow-anonymous-user", "true"))
        do throws(StackFault) {
            let user = try await StackCallerReader(context: context, request: open)
                .user(of: token, projectID: project.id)
            if user.isSessionOver { throw StackFault.accessTokenExpired(nil, expiry: nil) }
            return .user(user.id)
        } catch {
            if error.code == .invalidProjectForAccessToken { return .other }
            throw error
        }
    }

    private func schema(_ place: String, _ what: String) -> StackFault {
        .schema("\(request.method) \(request.path)", place, what)
    }

    /// A name that a peer chose, as far as it may be shown.
    private static func printable(_ name: String) -> String {
        let bytes = name.utf8.prefix(40).filter {
            ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == 0x5F
        }
        return String(decoding: Array(bytes), as: UTF8.self)
    }

    private static let required = [
        "client_id", "client_secret", "redirect_uri", "scope", "state", "grant_type",
        "code_challenge", "code_challenge_method", "response_type",
    ]
}

extension StackResponse {
    /// A plain sentence, where the contract knows no code for it.
    func text(_ sentence: String, status: Int = 400) -> ControlResponse {
        .text(sentence, status: status, note: ControlNote(error: "refused", detail: sentence))
    }
}

extension ClientDirectory {
    /// The project of a Stack `client_id`, which may name the one branch that there is.
    func stackClient(_ id: String) -> OAuthClient? {
        let suffix = "#main"
        let name = id.hasSuffix(suffix) ? String(id.dropLast(suffix.count)) : id
        return client(name, speaking: .stack)
    }
}
