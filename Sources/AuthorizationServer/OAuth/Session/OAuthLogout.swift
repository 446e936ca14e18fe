import Access
import Configuration
import JSON
import Storage

/// `GET` and `POST /oauth2/logout` (OpenID Connect RP-Initiated Logout 1.0).
///
/// An ID token of whoever is signed in proves that the application speaks for them; without one the
/// person is asked, so that a link of a stranger signs nobody out.
struct OAuthLogout: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Signs out, asks whether to, or says why not.
    func respond() async -> ControlResponse {
        let answer = OAuthFlowAnswer(context: context, request: request)
        do throws(OAuthFault) {
            let parameters = try readParameters()
            if request.method == "POST" {
                if let text = parameters[PageForm.FieldName.csrf] {
                    return try await confirmed(text)
                }
                if let again = request.askedAgain(parameters, context) { return again }
            }
            return try await signOut(parameters)
        } catch {
            return answer.refusal(error, page: Self.page(of: error))
        }
    }

    private func signOut(_ parameters: Parameters) async throws(OAuthFault) -> ControlResponse {
        let hint = parameters["id_token_hint"].flatMap { IdentityTokenHint($0, context) }
        let client = try findClient(parameters, hint)
        let location = try findLocation(parameters, client)
        if let hint, let client {
            try await end(hint.sessionID, of: client)
        }
        guard let login = await findLogin(client) else {
            return finished(client?.name, location, cookies: [], clientID: client?.id)
        }
        // A hint of somebody else proves nothing about who is signed in here.
        if let hint,
            try await login.login.userID(in: login.project, context) == hint.subject
        {
            let clearing = await BrowserSessions(context: context).end(request)
            return finished(client?.name, location, cookies: [clearing], clientID: client?.id)
        }
        return ask(login.login, client, location)
    }

    /// The person said yes on our page.
    private func confirmed(_ text: String) async throws(OAuthFault) -> ControlResponse {
        guard let login = await findLogin(nil)?.login,
            let ticket = SignOutTicket(text, browser: login.hash, context)
        else {
            throw OAuthFault(
                .invalidRequest,
                "The form is too old, or was not made for this browser.",
                detail: "csrf"
            )
        }
        let clearing = await BrowserSessions(context: context).end(request)
        let client = ticket.clientID.flatMap { context.clients.client($0, speaking: .oauth) }
        return finished(client?.name, ticket.location, cookies: [clearing], clientID: client?.id)
    }

    private func ask(
        _ login: BrowserLogin,
        _ client: OAuthClient?,
        _ location: String?
    ) -> ControlResponse {
        let ticket = SignOutTicket(
            browser: login.hash,
            clientID: client?.id,
            location: location,
            madeAt: context.now
        )
        let identity = login.identity
        return render(
            .confirmSignOut(
                ConfirmSignOutPage(
                    form: PageForm(
                        action: Endpoint.logout.paths(dressipiPrefix: "")[0],
                        csrfToken: ticket.text(context),
                        redirectURIs: location.map { [$0] } ?? []
                    ),
                    signedInAs: identity.email ?? identity.displayName ?? identity.accountID,
                    applicationName: client?.name
                )
            ),
            cookies: [],
            clientID: client?.id
        )
    }

    private func finished(
        _ name: String?,
        _ location: String?,
        cookies: [ControlField],
        clientID: String?
    ) -> ControlResponse {
        if let location {
            return .redirect(
                to: location,
                status: 303,
                fields: cookies,
                note: ControlNote(clientID: clientID ?? "")
            )
        }
        return render(
            .signedOut(SignedOutPage(applicationName: name)),
            cookies: cookies,
            clientID: clientID
        )
    }

    private func render(
        _ page: Page,
        cookies: [ControlField],
        clientID: String?
    ) -> ControlResponse {
        var response = PageRenderer(issuerURL: context.settings.url).render(
            page,
            requestID: request.requestID,
            extraFields: cookies
        )
        response.note.clientID = clientID ?? ""
        return response
    }
}

extension OAuthLogout {
    private struct FoundLogin {
        var login: BrowserLogin
        var project: ProjectSettings
    }

    /// The query, or the posted form.
    private func readParameters() throws(OAuthFault) -> Parameters {
        let parameters: Parameters
        do throws(ParameterFault) {
            parameters =
                request.isGet ? try request.queryParameters() : try request.bodyParameters()
        } catch {
            throw OAuthFault(
                .invalidRequest,
                "The parameters cannot be read.",
                detail: "request.unreadable"
            )
        }
        guard parameters.duplicate == nil else {
            throw OAuthFault(
                .invalidRequest,
                "A parameter stands twice.",
                detail: "request.duplicate"
            )
        }
        return parameters
    }

    private func findClient(
        _ parameters: Parameters,
        _ hint: IdentityTokenHint?
    ) throws(OAuthFault) -> OAuthClient? {
        let said = parameters["client_id"]
        if let said, let hint, said != hint.clientID {
            throw OAuthFault(
                .invalidRequest,
                "client_id is not the client of id_token_hint.",
                detail: "logout.client_mismatch"
            )
        }
        guard let id = said ?? hint?.clientID else { return nil }
        guard let client = context.clients.client(id, speaking: .oauth) else {
            throw OAuthFault(
                .invalidClient,
                "No client of these endpoints has that client_id.",
                detail: "client.unknown"
            )
        }
        return client
    }

    /// Where the browser goes afterwards: exactly what the client has registered, or nowhere.
    private func findLocation(
        _ parameters: Parameters,
        _ client: OAuthClient?
    ) throws(OAuthFault) -> String? {
        guard let uri = parameters["post_logout_redirect_uri"] else { return nil }
        let registered = client?.registration?.postLogoutRedirectURIs ?? []
        guard registered.contains(where: { JSONText.isExactly($0, uri) }),
            let address = WebAddress(uri)
        else {
            throw OAuthFault(
                .invalidRequest,
                "post_logout_redirect_uri needs client_id or id_token_hint, and a client that has"
                    + " registered it.",
                detail: "redirect.unregistered",
                clientID: client?.id ?? ""
            )
        }
        guard let state = parameters["state"] else { return uri }
        guard AuthorizeCheck.isEchoable(state) else {
            throw OAuthFault(.invalidRequest, "state is too long.", detail: "request.state")
        }
        return address.settingQuery([("state", state)])
    }

    /// Who is signed in: to the client's project, or where no client is known to any.
    private func findLogin(_ client: OAuthClient?) async -> FoundLogin? {
        let sessions = BrowserSessions(context: context)
        for project in client.map({ [$0.project] }) ?? context.settings.projects {
            if let login = await sessions.current(request, project: project) {
                return FoundLogin(login: login, project: project)
            }
        }
        return nil
    }

    /// Ends the application's own session: committed, published.
    private func end(_ sessionID: String, of client: OAuthClient) async throws(OAuthFault) {
        let ending = SessionEnding(context: context)
        let now = context.now
        let clientID = client.id
        do throws(StorageFault) {
            let ended = try await context.store.write { transaction -> [String] in
                guard let session = try transaction.session(id: sessionID),
                    session.clientID == clientID
                else { return [] }
                return try ending.end(session: sessionID, at: now, in: transaction)
            }
            await ending.publish(ended)
        } catch {
            throw .unavailable
        }
    }

    private static func page(of fault: OAuthFault) -> PageFault {
        switch (fault.word, fault.detail) {
        case (.invalidClient, _): .unknownClient
        case (_, "csrf"): .formStale
        case (_, "redirect.unregistered"): .redirectNotAllowed
        case (.temporarilyUnavailable, _): .serverError
        default: .invalidRequest
        }
    }
}
