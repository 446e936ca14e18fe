import Access
import Configuration
import JSON
import Storage

/// Somebody is signed in at our pages with this browser.
struct BrowserLogin: Sendable {
    var identity: ProviderIdentity
    /// When they proved who they are, in milliseconds since 1970.
    var authenticatedAt: Int64
    /// The session's hash: its key in the store.
    var hash: [UInt8]
}

/// Who is signed in with which browser: what the cookie `__Host-gatehouse_session` stands for.
///
/// Only plain OAuth clients are signed in to by it. What the provider said is kept sealed in it,
/// because the user may not be written yet: accounts come to be at `/token`.
struct BrowserSessions: Sendable {
    let context: ServerContext

    /// Who is signed in to a project with the browser that asks; `nil` for nobody.
    ///
    /// A store that fails is nobody as well: the person signs in again.
    func current(_ request: ControlRequest, project: ProjectSettings) async -> BrowserLogin? {
        guard let value = request.cookie(cookie.name), value.utf8.count == Self.valueSize else {
            return nil
        }
        let (hash, now) = (OpaqueToken.hash(value), context.now)
        let found: Found?
        do throws(StorageFault) {
            found = try await context.store.read { transaction -> Found? in
                guard let record = try transaction.browserSession(hash: hash),
                    record.projectID == project.id, now < record.expiresAt,
                    now < record.idleExpiresAt
                else { return nil }
                return Found(record: record, local: try local(record, project, transaction))
            }
        } catch {
            return nil
        }
        guard let found, let identity = identity(found, project) else { return nil }
        await touch(found.record, at: now)
        return BrowserLogin(
            identity: identity,
            authenticatedAt: found.record.authenticatedAt,
            hash: hash
        )
    }

    /// Remembers who has signed in with this browser.
    ///
    /// Under a value of its own each time: one that somebody planted before is worth nothing.
    ///
    /// - Returns: The field that sets the cookie.
    func begin(
        _ identity: ProviderIdentity,
        project: ProjectSettings,
        authenticatedAt: Int64
    ) async -> Result<ControlField, FlowFault> {
        let value = OpaqueToken.make(.browserSession, random: context.random)
        // The provider's tokens are the account's: nobody needs them twice.
        var kept = identity
        kept.tokens = nil
        let now = context.now
        let record = BrowserSessionRecord(
            hash: OpaqueToken.hash(value),
            projectID: project.id,
            providerID: identity.providerID,
            accountID: identity.accountID,
            authenticatedAt: authenticatedAt,
            lastUsedAt: now,
            idleExpiresAt: now + Self.idleMax,
            expiresAt: now + Self.lifetime,
            sealedIdentity: context.seal(kept.json, for: .browserIdentity)
        )
        do throws(StorageFault) {
            try await context.store.write { transaction in
                try transaction.insertBrowserSession(record)
            }
        } catch {
            return .failure(FlowFault(error))
        }
        return .success(cookie.setting(value, maxAgeSeconds: Self.lifetime / 1000))
    }

    /// Signs this browser out.
    ///
    /// - Returns: The field that takes the cookie back, whether the store could be told or not.
    func end(_ request: ControlRequest) async -> ControlField {
        if let value = request.cookie(cookie.name), value.utf8.count == Self.valueSize {
            let hash = OpaqueToken.hash(value)
            do throws(StorageFault) {
                try await context.store.write { transaction in
                    _ = try transaction.deleteBrowserSession(hash: hash)
                }
            } catch {
                // The browser forgets it; nobody else has ever known the value.
            }
        }
        return cookie.clearing
    }

    /// A session as it is stored, and our own account of it as it is now.
    private struct Found: Sendable {
        var record: BrowserSessionRecord
        var local: ProviderIdentity?
    }

    private var cookie: BrowserCookie { BrowserCookie.session(settings: context.settings) }

    /// What our own provider says today: it is asked each time, others are not.
    private func local(
        _ record: BrowserSessionRecord,
        _ project: ProjectSettings,
        _ transaction: borrowing Transaction
    ) throws(StorageFault) -> ProviderIdentity? {
        guard let accounts = LocalAccounts(project, context.settings),
            accounts.provider.id == record.providerID,
            let account = try accounts.account(record.accountID, in: transaction),
            !account.user.isDisabled
        else { return nil }
        let identity = accounts.identity(of: account.user, record.accountID)
        let counts = try accounts.counts(
            identity,
            authenticatedAt: record.authenticatedAt,
            in: transaction
        )
        return counts ? identity : nil
    }

    private func identity(_ found: Found, _ project: ProjectSettings) -> ProviderIdentity? {
        let record = found.record
        let provider = project.providers.map { context.settings.providers[$0] }
            .first { $0.id == record.providerID }
        guard let provider else { return nil }
        if provider.kind == .local { return found.local }
        return context.open(record.sealedIdentity, for: .browserIdentity)
            .flatMap(ProviderIdentity.init(json:))
    }

    /// Notes the use, where the last note is a minute old: not every click needs a commit.
    private func touch(_ record: BrowserSessionRecord, at now: Int64) async {
        guard now - record.lastUsedAt >= Self.touchInterval else { return }
        do throws(StorageFault) {
            try await context.store.write { transaction in
                _ = try transaction.touchBrowserSession(
                    hash: record.hash,
                    lastUsedAt: now,
                    idleExpiresAt: min(now + Self.idleMax, record.expiresAt)
                )
            }
        } catch {
            // It then ends a little early.
        }
    }

    /// Twelve hours in milliseconds: a working day with its breaks.
    static let lifetime: Int64 = 12 * 3_600_000
    /// One hour in milliseconds: a browser that was left alone is nobody's.
    static let idleMax: Int64 = 3_600_000
    /// One minute in milliseconds.
    private static let touchInterval: Int64 = 60_000
    /// 32 bytes in base64url.
    private static let valueSize = 43
}
