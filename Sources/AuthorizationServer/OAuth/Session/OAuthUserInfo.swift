import Access
import Configuration
import JOSE
import JSON
import Storage

/// `GET` and `POST /oauth2/userinfo` (OpenID Connect Core §5.3), with the challenges of RFC 6750.
struct OAuthUserInfo: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// What the scopes of the token let its client know of the user.
    func respond() async -> ControlResponse {
        do throws(OAuthFault) {
            guard let token = try bearer() else {
                return ControlResponse(
                    status: 401,
                    fields: [ControlField("www-authenticate", Self.challenge)],
                    note: ControlNote(error: "token_missing")
                )
            }
            return try await answer(token)
        } catch {
            var response = error.response
            response.fields.append(ControlField("www-authenticate", challenge(error)))
            return response
        }
    }

    private func answer(_ token: String) async throws(OAuthFault) -> ControlResponse {
        guard let own = try? context.verifier.verify(token, now: context.clock()),
            own.realm == .server,
            let clientID = own.claims.object["client_id"]?.string,
            let client = context.clients.client(clientID, speaking: .oauth)
        else { throw invalid(detail: "token.unknown") }
        guard own.claims.scopes.contains("openid") else {
            throw OAuthFault(
                .insufficientScope,
                "The scope openid is needed.",
                status: 403,
                detail: "token.scope",
                clientID: client.id
            )
        }
        let user = try await user(of: own, client)
        var body: JSONObject = ["sub": .string(user.id)]
        let scopes = own.claims.scopes
        ProfileClaims.append(of: TokenSubject(user), scopes: scopes, to: &body)
        if scopes.contains("profile"), let picture = user.profileImageURL {
            body["picture"] = .string(picture)
        }
        return .json(body, note: ControlNote(clientID: client.id, subject: user.id))
    }

    /// A machine has no session, and so is nobody to tell about.
    private func user(
        of own: OwnToken,
        _ client: OAuthClient
    ) async throws(OAuthFault) -> UserRecord {
        let found: UserRecord?
        do throws(StorageFault) {
            let shown = try await ShownTokenReader(context: context).access(own)
            let userID = shown?.session?.userID ?? ""
            found = try await context.store.read { transaction -> UserRecord? in
                try transaction.user(id: userID)
            }
        } catch {
            throw .unavailable
        }
        guard let found, !found.isDisabled, found.id == own.claims.subject else {
            throw invalid(detail: "token.session_over", clientID: client.id)
        }
        return found
    }

    /// The token of the field, or of a posted form; never of the URL (OAuth 2.1 §5.1).
    private func bearer() throws(OAuthFault) -> String? {
        let fields = request.values(of: "authorization")
        guard fields.count <= 1 else { throw twice }
        let form = (try? request.bodyParameters()) ?? Parameters()
        let isForm =
            request.method == "POST"
            && request.mediaType == "application/x-www-form-urlencoded"
        let posted = isForm ? form["access_token"] : nil
        guard let field = fields.first else {
            if isForm, form.duplicate != nil { throw twice }
            return posted
        }
        guard posted == nil else { throw twice }
        guard field.lowercased().hasPrefix("bearer ") else { return nil }
        let token = String(field.dropFirst("bearer ".count)).trimmingBlanks()
        return token.isEmpty ? nil : token
    }

    private var twice: OAuthFault {
        OAuthFault(.invalidRequest, "The token stands in one place, once.", detail: "token.twice")
    }

    private func invalid(detail: String, clientID: String = "") -> OAuthFault {
        OAuthFault(
            .invalidToken,
            "The token is not known here, has expired, or its session is over.",
            status: 401,
            detail: detail,
            clientID: clientID
        )
    }

    private func challenge(_ fault: OAuthFault) -> String {
        let scope = fault.word == .insufficientScope ? ", scope=\"openid\"" : ""
        return Self.challenge + ", error=\"\(fault.word.rawValue)\""
            + ", error_description=\"\(fault.description)\"" + scope
    }

    private static let challenge = "Bearer realm=\"userinfo\""
}
