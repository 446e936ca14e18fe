import Configuration
import EventLoop
import Storage

/// Makes the tokens of an answer, as the client's dialect has them.
struct TokenMint: Sendable {
    let context: ServerContext

    /// The tokens of a user's session.
    func answer(for issue: Issue) -> Result<TokenAnswer, GrantFault> {
        let now = WallTime(nanosecondsSince1970: issue.issuedAt * 1_000_000)
        let subject = TokenSubject(issue.user)
        let session = TokenSession(
            id: issue.session.id,
            authenticatedAt: issue.session.authenticatedAt,
            scopes: issue.scopes
        )
        do throws(SigningKeyFault) {
            let accessToken = try accessToken(for: issue, subject, session, now)
            var answer = TokenAnswer(
                accessToken: accessToken.text,
                refreshToken: issue.refreshToken,
                expiry: accessToken.expiresAt,
                scopes: issue.scopes,
                isNewUser: issue.isNewUser,
                afterCallbackRedirectURL: issue.afterCallbackRedirectURL,
                subject: subject.userID
            )
            if let client = issue.client.registration, issue.client.dialect == .oauth,
                issue.scopes.contains("openid")
            {
                let minter = IdentityTokenMinter(ring: context.keys, url: context.settings.url)
                answer.idToken = try minter.make(
                    subject,
                    session: session,
                    client: client,
                    nonce: issue.nonce,
                    accessToken: accessToken
                ).text
            }
            return .success(answer)
        } catch {
            return .failure(.broken)
        }
    }

    /// A token that a client gets for itself (RFC 6749 §4.4): no user, no session to refresh.
    func machineAnswer(
        for client: OAuthClient,
        requested: [String]
    ) -> Result<TokenAnswer, GrantFault> {
        guard let registration = client.registration, registration.secretHash != nil,
            client.allows(.clientCredentials)
        else { return .failure(.grantNotAllowed) }
        let scopes = ScopePolicy.granted(requested: requested, machine: client)
        if scopes.isEmpty, !client.grantableScopes.isEmpty { return .failure(.scopeInvalid) }
        do throws(SigningKeyFault) {
            let token = try minter.machine(
                client: registration,
                projectID: client.project.id,
                scopes: scopes,
                now: context.clock()
            )
            return .success(
                TokenAnswer(
                    accessToken: token.text,
                    expiry: token.expiresAt,
                    scopes: scopes,
                    subject: client.id
                )
            )
        } catch {
            return .failure(.broken)
        }
    }

    private func accessToken(
        for issue: Issue,
        _ subject: TokenSubject,
        _ session: TokenSession,
        _ now: WallTime
    ) throws(SigningKeyFault) -> MintedToken {
        guard let client = issue.client.registration else {
            return try minter.stack(
                subject,
                session: session,
                clientID: issue.client.id,
                lifetime: issue.client.tokens.accessTokenLifetime,
                now: now
            )
        }
        return switch issue.client.dialect {
        case .dressipi: try minter.dressipi(subject, session: session, client: client, now: now)
        case .oauth, .stack: try minter.plain(subject, session: session, client: client, now: now)
        }
    }

    private var minter: AccessTokenMinter {
        AccessTokenMinter(ring: context.keys, url: context.settings.url, random: context.random)
    }
}
