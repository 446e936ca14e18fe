import Configuration
import EventLoop
import JOSE
import JSON
import Storage

/// A token that we are shown and know: ours, and alive.
enum ShownToken: Sendable {
    /// An access token; its session, or `nil` for a machine's.
    case access(OwnToken, SessionRecord?)
    /// A refresh token, not exchanged yet.
    case refresh(RefreshTokenRecord, SessionRecord)

    /// The client that it was issued to.
    var clientID: String {
        switch self {
        case .access(let token, _): token.claims.object["client_id"]?.string ?? ""
        case .refresh(_, let session): session.clientID
        }
    }

    /// The session that it hangs on.
    var session: SessionRecord? {
        switch self {
        case .access(_, let session): session
        case .refresh(_, let session): session
        }
    }
}

/// Looks at tokens that we are shown.
struct ShownTokenReader: Sendable {
    let context: ServerContext

    /// What it is, or `nil` where it is nothing any more.
    ///
    /// With `acceptsRotated` a refresh token counts that was exchanged already: who revokes it means
    /// its session.
    func read(
        _ token: String,
        acceptsRotated: Bool = false
    ) async throws(StorageFault) -> ShownToken? {
        // A refresh token of ours holds no dot.
        guard token.utf8.contains(UInt8(ascii: ".")) else {
            return try await refreshToken(token, acceptsRotated: acceptsRotated)
        }
        guard let own = try? context.verifier.verify(token, now: context.clock()) else {
            return nil
        }
        return try await access(own)
    }

    /// The token with its session, where neither is revoked.
    func access(_ own: OwnToken) async throws(StorageFault) -> ShownToken? {
        let now = context.now
        let tokenID = own.claims.tokenID ?? ""
        let claims = own.claims.object
        guard
            let sessionID = claims["refresh_token_id"]?.string ?? claims["session_id"]?.string
        else {
            let isRevoked = try await context.store.read { transaction -> Bool in
                try transaction.isRevoked(id: tokenID, at: now)
            }
            return isRevoked ? nil : .access(own, nil)
        }
        let session = try await context.store.read { transaction -> SessionRecord? in
            try transaction.session(id: sessionID)
        }
        guard let session, session.isAlive(at: now) else { return nil }
        return .access(own, session)
    }

    private func refreshToken(
        _ token: String,
        acceptsRotated: Bool
    ) async throws(StorageFault) -> ShownToken? {
        let hash = OpaqueToken.hash(token)
        let found = try await context.store.read { transaction -> ShownToken? in
            guard let record = try transaction.refreshToken(hash: hash),
                let session = try transaction.session(id: record.sessionID)
            else { return nil }
            return .refresh(record, session)
        }
        guard case .refresh(let record, let session)? = found, session.isAlive(at: context.now),
            record.rotatedAt == nil || acceptsRotated
        else { return nil }
        return found
    }
}
