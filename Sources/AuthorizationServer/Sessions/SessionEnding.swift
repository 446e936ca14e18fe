import Storage

/// Ends sessions: committed, then published to every worker, then answered (architecture, section 5).
struct SessionEnding: Sendable {
    let context: ServerContext

    /// Ends a session and those that were handed over from it, in the caller's transaction.
    ///
    /// - Returns: The ids that ended; to be given to ``publish(_:)`` after the commit.
    func end(
        session id: String,
        at now: Int64,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> [String] {
        let ended = try transaction.revokeSession(id: id, at: now)
        try record(ended, at: now, in: transaction)
        return ended
    }

    /// Ends every session of a user.
    func endAll(
        of userID: String,
        at now: Int64,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> [String] {
        let ended = try transaction.revokeSessions(userID: userID, at: now)
        try record(ended, at: now, in: transaction)
        return ended
    }

    /// Writes what ended down, so that a restart knows it before the first accept.
    func record(
        _ ids: [String],
        at now: Int64,
        in transaction: borrowing Transaction
    ) throws(StorageFault) {
        for id in ids {
            try transaction.insertRevocation(
                RevocationRecord(id: id, expiresAt: now + context.longestTokenLife)
            )
        }
    }

    /// Brings the end of a session to every worker, whoever ended it.
    ///
    /// Where another request was faster, `ended` is empty, and that one may still be on its way to the
    /// workers: nobody is answered before it has arrived.
    func publish(_ ended: [String], of session: String) async {
        await publish(ended.isEmpty ? [session] : ended)
    }

    /// Brings it to every worker; afterwards no decision that starts takes their tokens.
    func publish(_ ids: [String]) async {
        guard !ids.isEmpty else { return }
        await context.revocations.publish(
            ids,
            expiry: (context.now + context.longestTokenLife) / 1000 + 1
        )
    }
}

extension ServerContext {
    /// Milliseconds after which no access token that was ever made can be alive.
    var longestTokenLife: Int64 { keys.longestTokenLifetime.wholeMilliseconds + Self.skew }

    /// What clocks may differ by, in milliseconds.
    private static let skew: Int64 = 60_000
}
