import Bytes
import Configuration
import Cryptography
import JSON
import Storage

/// The refresh token grant (RFC 6749 §6).
///
/// Without rotation the token stays the session's own. With rotation it is exchanged for a successor,
/// and the same answer is given again within the grace (decision 10): lost answers and races are
/// harmless, while a replay after it ends the session.
struct RefreshGrant: Sendable {
    let context: ServerContext

    /// Gives tokens for a refresh token; `requested` is a narrower scope than the session's, or `nil`
    /// for all of it.
    func refresh(
        _ refreshToken: String,
        requested: [String]? = nil,
        by client: OAuthClient
    ) async -> Result<TokenAnswer, GrantFault> {
        do throws(StorageFault) {
            // A second round is needed only where another request rotated the token between our look
            // at it and our own rotation; the third could be another's grace ending just then.
            for _ in 0..<Self.roundsMax {
                if let result = try await round(refreshToken, requested, client) {
                    return result
                }
            }
            return .failure(.unavailable)
        } catch {
            return .failure(GrantFault(error))
        }
    }

    private func round(
        _ refreshToken: String,
        _ requested: [String]?,
        _ client: OAuthClient
    ) async throws(StorageFault) -> Result<TokenAnswer, GrantFault>? {
        let now = context.now
        let found = try await context.store.read { transaction -> Look in
            try look(at: refreshToken, requested, client, now, in: transaction)
        }
        switch found {
        case .refused(let fault):
            return .failure(fault)
        case .again(let sealed):
            guard let answer = RotationSeal(refreshToken: refreshToken).open(sealed) else {
                return .failure(.broken)
            }
            return .success(answer)
        case .replayed(let session):
            let ending = SessionEnding(context: context)
            let ended = try await context.store.write { transaction -> [String] in
                try ending.end(session: session, at: now, in: transaction)
            }
            await ending.publish(ended, of: session)
            return .failure(.refreshTokenInvalid(.replayed))
        case .alive(let renewal):
            return client.tokens.rotatesRefreshTokens
                ? try await rotate(refreshToken, renewal, now)
                : try await keep(renewal, now)
        }
    }

    private static let roundsMax = 3
}

extension RefreshGrant {
    /// What a living token gives.
    private struct Renewal: Sendable {
        var issue: Issue
        /// All that the session carries; its tokens may ask for less.
        var sessionScopes: [String]
    }

    /// What a look at the token finds.
    private enum Look: Sendable {
        case alive(Renewal)
        /// Rotated within the grace, its successor not used yet: the same answer again.
        case again(sealed: [UInt8])
        /// Rotated before: somebody has a copy.
        case replayed(session: String)
        case refused(GrantFault)
    }

    private func look(
        at refreshToken: String,
        _ requested: [String]?,
        _ client: OAuthClient,
        _ now: Int64,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Look {
        let hash = OpaqueToken.hash(refreshToken)
        guard let token = try transaction.refreshToken(hash: hash),
            let session = try transaction.session(id: token.sessionID)
        else { return .refused(.refreshTokenInvalid(.unknown)) }
        guard session.clientID == client.id else {
            return .refused(.refreshTokenInvalid(.foreign))
        }
        if session.revokedAt != nil { return .refused(.refreshTokenInvalid(.revoked)) }
        guard session.isAlive(at: now) else { return .refused(.refreshTokenInvalid(.expired)) }
        if token.rotatedAt != nil {
            guard let until = token.graceUntil, now < until else {
                return .replayed(session: session.id)
            }
            var successor: RefreshTokenRecord?
            if let hash = token.successorHash {
                successor = try transaction.refreshToken(hash: hash)
            }
            guard successor?.rotatedAt == nil, let sealed = token.sealedAnswer else {
                return .refused(.refreshTokenInvalid(.replayedInGrace))
            }
            return .again(sealed: sealed)
        }
        guard let user = try transaction.user(id: session.userID), !user.isDisabled else {
            return .refused(.refreshTokenInvalid(.userGone))
        }
        return try decide(session, user, requested, client, now, in: transaction)
    }

    /// The scopes anew (decision 7): what was taken away since is gone.
    private func decide(
        _ session: SessionRecord,
        _ user: UserRecord,
        _ requested: [String]?,
        _ client: OAuthClient,
        _ now: Int64,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Look {
        let sessionScopes = try self.scopes(of: session, client, in: transaction)
        var scopes = sessionScopes
        if let requested, !requested.isEmpty, requested != [ScopePolicy.legacy] {
            // Never more than the session has (RFC 6749 §6). Of what was asked for at first, the rest
            // is cut as it was then: requests-oauthlib asks for all of it at each refresh.
            let known = session.requestedScopes + scopes
            guard requested.allSatisfy(known.contains) else { return .refused(.scopeInvalid) }
            scopes = scopes.filter(requested.contains)
            if scopes.isEmpty { return .refused(.scopeInvalid) }
        }
        if scopes.isEmpty, !client.grantableScopes.isEmpty { return .refused(.scopeInvalid) }
        return .alive(
            Renewal(
                issue: Issue(
                    client: client,
                    user: user,
                    session: session,
                    scopes: scopes,
                    refreshToken: nil,
                    issuedAt: now
                ),
                sessionScopes: sessionScopes
            )
        )
    }

    private func scopes(
        of session: SessionRecord,
        _ client: OAuthClient,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> [String] {
        let held = try transaction.scopeGrants(userID: session.userID).map(\.scope)
        return ScopePolicy.granted(requested: session.requestedScopes, client: client, held: held)
    }

    /// The token stays; that it was used is written down when that matters.
    private func keep(
        _ renewal: Renewal,
        _ now: Int64
    ) async throws(StorageFault) -> Result<TokenAnswer, GrantFault>? {
        let session = renewal.issue.session
        let isStale = now - session.lastUsedAt >= Self.useResolution
        if isStale || session.grantedScopes != renewal.sessionScopes {
            let isCurrent = try await context.store.write { transaction -> Bool in
                try touch(session.id, renewal, now, in: transaction)
            }
            guard isCurrent else { return nil }
        }
        return TokenMint(context: context).answer(for: renewal.issue)
    }

    private func rotate(
        _ refreshToken: String,
        _ renewal: Renewal,
        _ now: Int64
    ) async throws(StorageFault) -> Result<TokenAnswer, GrantFault>? {
        let next = OpaqueToken.make(.refreshToken, random: context.random)
        var issue = renewal.issue
        issue.refreshToken = next
        // Signed before the transaction, so that the writer thread never waits for a signature;
        // the answer leaves only where the rotation was ours.
        let answer: TokenAnswer
        switch TokenMint(context: context).answer(for: issue) {
        case .failure(let fault): return .failure(fault)
        case .success(let made): answer = made
        }
        let grace = issue.client.tokens.refreshReuseGrace.wholeMilliseconds
        let sealed = grace > 0 ? RotationSeal(refreshToken: refreshToken).seal(answer) : nil
        let hash = OpaqueToken.hash(refreshToken)
        let isOurs = try await context.store.write { transaction -> Bool in
            guard let token = try transaction.refreshToken(hash: hash), token.rotatedAt == nil,
                try touch(token.sessionID, renewal, now, in: transaction)
            else { return false }
            return try transaction.rotateRefreshToken(
                hash: hash,
                to: RefreshTokenRecord(
                    hash: OpaqueToken.hash(next),
                    sessionID: token.sessionID,
                    createdAt: now
                ),
                sealedAnswer: sealed,
                graceUntil: grace > 0 ? now + grace : nil,
                at: now
            )
        }
        return isOurs ? .success(answer) : nil
    }

    /// Notes the use, and all that the session carries: what a client asks for in one refresh takes
    /// nothing from its other tokens.
    ///
    /// - Returns: Whether all is as the look found it: the session alive, and its scopes held. Else
    ///   nothing was written; a scope that was taken away since the look must not come back.
    private func touch(
        _ sessionID: String,
        _ renewal: Renewal,
        _ now: Int64,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Bool {
        let client = renewal.issue.client
        guard let session = try transaction.session(id: sessionID), session.isAlive(at: now),
            try scopes(of: session, client, in: transaction) == renewal.sessionScopes
        else { return false }
        let idle = client.tokens.refreshTokenIdle.wholeMilliseconds
        return try transaction.updateSessionUse(
            id: session.id,
            lastUsedAt: now,
            idleExpiresAt: min(now + idle, session.expiresAt),
            grantedScopes: renewal.sessionScopes
        )
    }

    /// A session's last use is known to the minute: its idle time is counted in days, and a refresh
    /// that writes nothing costs no fsync.
    private static let useResolution: Int64 = 60_000
}
