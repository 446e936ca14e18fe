import Access
import JOSE
import Storage

/// `POST /oauth2/revoke` (RFC 7009).
///
/// Either token of a session ends the session. Whatever is unknown, or dead already, is answered as
/// if it had been revoked: the client has what it wants.
struct OAuthRevocation: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Committed, published, answered.
    func respond() async -> ControlResponse {
        do throws(OAuthFault) {
            let form = try request.oauthForm()
            let client = try OAuthClientAuthentication(
                context: context,
                request: request,
                form: form
            ).client()
            guard let token = form["token"] else {
                throw OAuthFault(
                    .invalidRequest,
                    "token is missing.",
                    detail: "request.missing",
                    clientID: client.id
                )
            }
            // `token_type_hint` saves nobody a look-up here: a token shows what it is.
            return try await revoke(token, client)
        } catch {
            return error.response
        }
    }

    private func revoke(
        _ token: String,
        _ client: OAuthClient
    ) async throws(OAuthFault) -> ControlResponse {
        var note = ControlNote(clientID: client.id)
        let shown: ShownToken?
        do throws(StorageFault) {
            shown = try await ShownTokenReader(context: context).read(token, acceptsRotated: true)
        } catch {
            throw .unavailable
        }
        guard let shown else {
            note.detail = "token.unknown"
            return ControlResponse(status: 200, note: note)
        }
        guard shown.clientID == client.id else {
            throw OAuthFault(
                .invalidGrant,
                "The token was issued to another client.",
                detail: "token.foreign_client",
                clientID: client.id
            )
        }
        do throws(StorageFault) {
            try await end(shown)
        } catch {
            throw .unavailable
        }
        note.subject = shown.session?.userID ?? client.id
        return ControlResponse(status: 200, note: note)
    }

    private func end(_ shown: ShownToken) async throws(StorageFault) {
        let ending = SessionEnding(context: context)
        let now = context.now
        if let session = shown.session?.id {
            let ended = try await context.store.write { transaction -> [String] in
                try ending.end(session: session, at: now, in: transaction)
            }
            await ending.publish(ended, of: session)
        } else if case .access(let token, nil) = shown, let id = token.claims.tokenID {
            try await context.store.write { transaction in
                try ending.record([id], at: now, in: transaction)
            }
            await ending.publish([id])
        }
    }
}
