import Configuration
import Cryptography
import Storage

/// The authorization code grant (RFC 6749 §4.1.3), with PKCE always.
///
/// A code is consumed by its first presentation, right or wrong, in the transaction that issues
/// (decision 6): of any number of parallel redemptions one succeeds. A later presentation by the same
/// client with the right verifier ends what it issued.
struct CodeGrant: Sendable {
    let context: ServerContext

    /// What a client presents.
    struct Presentation: Sendable {
        var code: String
        /// `nil` where it sent none.
        var verifier: String?
        var redirectURI: String?
        /// Whether the dialect demands the redirect URI again.
        var checksRedirectURI = true
        /// Where it comes from, for the list of sessions.
        var address: String
    }

    /// What the transaction came to.
    private enum Outcome: Sendable {
        case issued(Issue)
        case refused(GrantFault)
        case replayed(session: String, revoked: [String])
    }

    /// Gives tokens for a code.
    func redeem(
        _ presentation: Presentation,
        by client: OAuthClient
    ) async -> Result<TokenAnswer, GrantFault> {
        let now = context.now
        let refreshToken = OpaqueToken.make(.refreshToken, random: context.random)
        let sessionID = context.random.uuid()
        let newUserID = context.random.uuid()
        let outcome: Outcome
        do throws(StorageFault) {
            outcome = try await context.store.write { transaction in
                try perform(
                    presentation,
                    client,
                    in: transaction,
                    NewIDs(
                        refreshToken: refreshToken,
                        sessionID: sessionID,
                        userID: newUserID,
                        now: now
                    )
                )
            }
        } catch {
            return .failure(GrantFault(error))
        }
        switch outcome {
        case .issued(let issue):
            await SessionEnding(context: context).publish(issue.revokedSessions)
            return TokenMint(context: context).answer(for: issue)
        case .refused(let fault):
            return .failure(fault)
        case .replayed(let session, let revoked):
            await SessionEnding(context: context).publish(revoked, of: session)
            return .failure(.codeInvalid(.replayed))
        }
    }

    /// What is random or read from a clock, fixed before the transaction begins.
    private struct NewIDs: Sendable {
        var refreshToken: String
        var sessionID: String
        var userID: String
        var now: Int64
    }

    private func perform(
        _ presentation: Presentation,
        _ client: OAuthClient,
        in transaction: borrowing Transaction,
        _ new: NewIDs
    ) throws(StorageFault) -> Outcome {
        let hash = OpaqueToken.hash(presentation.code)
        guard let record = try transaction.consumeCode(hash: hash, at: new.now) else {
            return .refused(.codeInvalid(.unknown))
        }
        let isRightVerifier =
            presentation.verifier.map { ProofKey.verify($0, against: record.challenge) } ?? false
        if record.consumedAt != nil {
            // Only who could have redeemed it may end what it gave: anyone else's guess ends nothing.
            guard record.clientID == client.id, isRightVerifier, let session = record.sessionID
            else { return .refused(.codeInvalid(.replayed)) }
            return .replayed(
                session: session,
                revoked: try SessionEnding(context: context).end(
                    session: session,
                    at: new.now,
                    in: transaction
                )
            )
        }
        guard record.clientID == client.id else { return .refused(.codeInvalid(.foreign)) }
        guard new.now < record.expiresAt else { return .refused(.codeInvalid(.expired)) }
        guard isRightVerifier else { return .refused(.codeInvalid(.verifierMismatch)) }
        guard let json = context.open(record.sealedPayload, for: .code),
            let payload = CodePayload(json: json)
        else { return .refused(.codeInvalid(.unreadable)) }
        if presentation.checksRedirectURI, presentation.redirectURI != payload.request.redirectURI {
            return .refused(.codeInvalid(.redirectMismatch))
        }
        switch try SubjectResolver(context: context, client: client, now: new.now).resolve(
            payload,
            newUserID: new.userID,
            in: transaction
        ) {
        case .failure(let fault): return .refused(fault)
        case .success(let subject):
            return try issue(subject, payload, hash, client, in: transaction, new, presentation)
        }
    }

    private func issue(
        _ subject: SubjectResolver.Subject,
        _ payload: CodePayload,
        _ hash: [UInt8],
        _ client: OAuthClient,
        in transaction: borrowing Transaction,
        _ new: NewIDs,
        _ presentation: Presentation
    ) throws(StorageFault) -> Outcome {
        let held = try transaction.scopeGrants(userID: subject.user.id).map(\.scope)
        let scopes = ScopePolicy.granted(
            requested: payload.request.scopes,
            client: client,
            held: held
        )
        if scopes.isEmpty, !client.grantableScopes.isEmpty { return .refused(.scopeInvalid) }
        let lifetime = client.tokens.refreshTokenLifetime.wholeMilliseconds
        let idle = client.tokens.refreshTokenIdle.wholeMilliseconds
        let expiresAt = min(new.now + lifetime, subject.expiresAtMax ?? .max)
        let session = SessionRecord(
            id: new.sessionID,
            projectID: client.project.id,
            clientID: client.id,
            userID: subject.user.id,
            parentID: subject.parentSessionID,
            authenticatedAt: payload.authenticatedAt,
            createdAt: new.now,
            lastUsedAt: new.now,
            idleExpiresAt: min(new.now + idle, expiresAt),
            expiresAt: expiresAt,
            requestedScopes: payload.request.scopes,
            grantedScopes: scopes,
            nonce: payload.request.nonce,
            address: presentation.address
        )
        try transaction.insertSession(session)
        try transaction.insertRefreshToken(
            RefreshTokenRecord(
                hash: OpaqueToken.hash(new.refreshToken),
                sessionID: session.id,
                createdAt: new.now
            )
        )
        try transaction.setCodeSession(hash: hash, sessionID: session.id)
        if payload.isConsented {
            try transaction.setConsent(
                ConsentRecord(
                    userID: subject.user.id,
                    clientID: client.id,
                    scopes: scopes,
                    grantedAt: new.now
                )
            )
        }
        return .issued(
            Issue(
                client: client,
                user: subject.user,
                session: session,
                scopes: scopes,
                refreshToken: client.allowsRefresh ? new.refreshToken : nil,
                nonce: payload.request.nonce,
                isNewUser: subject.isNewUser,
                afterCallbackRedirectURL: payload.request.afterCallbackRedirectURL,
                issuedAt: new.now,
                revokedSessions: subject.revokedSessions
            )
        )
    }
}
