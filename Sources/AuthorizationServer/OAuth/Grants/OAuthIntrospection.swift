import Access
import Configuration
import JOSE
import JSON
import Storage

/// `POST /oauth2/introspect` (RFC 7662): for clients with a secret, of their own tokens, or of
/// everyone's where the conf says `introspect any;`.
struct OAuthIntrospection: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// What a token says, or that it is nothing.
    func respond() async -> ControlResponse {
        do throws(OAuthFault) {
            let form = try request.oauthForm()
            let client = try authenticate(form)
            guard let token = form["token"] else {
                throw OAuthFault(
                    .invalidRequest,
                    "token is missing.",
                    detail: "request.missing",
                    clientID: client.id
                )
            }
            let shown: ShownToken?
            do throws(StorageFault) {
                shown = try await ShownTokenReader(context: context).read(token)
            } catch {
                throw .unavailable
            }
            let seesAny = client.registration?.introspectsAny ?? false
            guard let shown, seesAny || shown.clientID == client.id else {
                return .json(["active": false], note: ControlNote(clientID: client.id))
            }
            return .json(describe(shown), note: ControlNote(clientID: client.id))
        } catch {
            return error.response
        }
    }

    /// A resource server asks as often as it must; whoever cannot prove who they are does not.
    private func authenticate(_ form: Parameters) throws(OAuthFault) -> OAuthClient {
        do throws(OAuthFault) {
            let client = try OAuthClientAuthentication(
                context: context,
                request: request,
                form: form
            ).client()
            guard client.isConfidential else {
                throw OAuthFault(
                    .invalidClient,
                    "Only clients with a secret may ask.",
                    status: 401,
                    detail: "client.public",
                    clientID: client.id
                )
            }
            return client
        } catch {
            if let seconds = context.limited(request, .token) {
                throw .tooMany(retryAfter: seconds)
            }
            throw error
        }
    }

    private func describe(_ shown: ShownToken) -> JSONObject {
        var answer: JSONObject = ["active": true]
        switch shown {
        case .access(let token, _):
            let claims = token.claims.object
            answer["token_type"] = "Bearer"
            for name in Self.claims {
                answer[name] = claims[name]
            }
            answer["session_id"] = shown.session.map { .string($0.id) }
        case .refresh(let record, let session):
            answer["iss"] = .string(context.settings.url)
            answer["sub"] = .string(session.userID)
            answer["client_id"] = .string(session.clientID)
            answer["scope"] = .string(session.grantedScopes.joined(separator: " "))
            answer["iat"] = .integer(record.createdAt / 1000)
            answer["exp"] = .integer(min(session.expiresAt, session.idleExpiresAt) / 1000)
            answer["session_id"] = .string(session.id)
        }
        return answer
    }

    /// What of the claims is told: who, for whom, what for, until when; of the person nothing else.
    private static let claims = [
        "iss", "sub", "aud", "client_id", "scope", "iat", "exp", "jti", "auth_time", "project_id",
        "is_anonymous", "is_restricted",
    ]
}
