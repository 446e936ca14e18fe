extension Transaction {
    /// Writes a new session.
    public func insertSession(_ session: SessionRecord) throws(StorageFault) {
        let end = min(session.idleExpiresAt, session.expiresAt)
        try change(
            """
            INSERT INTO sessions (\(SessionRecord.columns), dead_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            """,
            .text(session.id),
            .text(session.projectID),
            .text(session.clientID),
            .text(session.userID),
            .optional(session.parentID),
            .integer(session.authenticatedAt),
            .integer(session.createdAt),
            .integer(session.lastUsedAt),
            .integer(session.idleExpiresAt),
            .integer(session.expiresAt),
            .words(session.requestedScopes),
            .words(session.grantedScopes),
            .text(session.nonce),
            .text(session.address),
            .optional(session.revokedAt),
            .integer(session.revokedAt ?? end)
        )
    }

    /// The session of this id, dead or alive.
    public func session(id: String) throws(StorageFault) -> SessionRecord? {
        try first(
            "SELECT \(SessionRecord.columns) FROM sessions WHERE id = $1",
            .text(id),
            as: SessionRecord.init(row:)
        )
    }

    /// Notes that a session was used, and what its new token carries.
    ///
    /// - Returns: False where there is no such session, or it is revoked: nothing is written.
    @discardableResult
    public func updateSessionUse(
        id: String,
        lastUsedAt: Int64,
        idleExpiresAt: Int64,
        grantedScopes: [String]
    ) throws(StorageFault) -> Bool {
        try change(
            """
            UPDATE sessions SET last_used_at = $2, idle_expires_at = $3, granted_scopes = $4,
                dead_at = CASE WHEN $3 < expires_at THEN $3 ELSE expires_at END
            WHERE id = $1 AND revoked_at IS NULL
            """,
            .text(id),
            .integer(lastUsedAt),
            .integer(idleExpiresAt),
            .words(grantedScopes)
        ) > 0
    }

    /// The user's sessions that are alive, the newest first.
    ///
    /// - Parameters:
    ///   - userID: Whose.
    ///   - now: Sessions that expired by then are left out; the default leaves out revoked ones only.
    ///   - limit: How many at most.
    /// - Returns: Those that are neither revoked nor, by `now`, expired.
    /// - Throws: Where the store cannot be read.
    public func sessions(
        userID: String,
        aliveAt now: Int64 = 0,
        limit: Int = sessionListCountMax
    ) throws(StorageFault) -> [SessionRecord] {
        try all(
            """
            SELECT \(SessionRecord.columns) FROM sessions
            WHERE user_id = $1 AND revoked_at IS NULL AND dead_at > $2
            ORDER BY created_at DESC, id LIMIT $3
            """,
            .text(userID),
            .integer(now),
            .count(limit),
            as: SessionRecord.init(row:)
        )
    }

    /// Ends a session and all that were handed over from it.
    ///
    /// One that merely expired is revoked too: an access token of it can still be alive.
    ///
    /// - Returns: The ids that this call revoked; empty where there is no such session, or it was
    ///   revoked before.
    public func revokeSession(id: String, at now: Int64) throws(StorageFault) -> [String] {
        try revoke("id = $2", .text(id), at: now)
    }

    /// Ends every session of a user, and all that were handed over from one.
    ///
    /// - Returns: The ids that this call revoked.
    public func revokeSessions(userID: String, at now: Int64) throws(StorageFault) -> [String] {
        try revoke("user_id = $2", .text(userID), at: now)
    }

    /// Ends every session of a user whose last token carried a scope, and all that were handed over
    /// from one.
    ///
    /// - Returns: The ids that this call revoked.
    public func revokeSessions(
        userID: String,
        carryingScope scope: String,
        at now: Int64
    ) throws(StorageFault) -> [String] {
        // `LIKE` would take the `_` of a scope for any character.
        try revoke(
            """
            user_id = $2
                AND replace(' ' || granted_scopes || ' ', $3, '') <> ' ' || granted_scopes || ' '
            """,
            .text(userID),
            .text(" \(scope) "),
            at: now
        )
    }

    private func revoke(
        _ condition: String,
        _ value: SQLValue,
        _ second: SQLValue = .null,
        at now: Int64
    ) throws(StorageFault) -> [String] {
        // `UNION` drops what it has seen, so that no circle of parents could make it run for ever.
        try all(
            """
            WITH RECURSIVE ended (id) AS (
                SELECT id FROM sessions WHERE \(condition) AND revoked_at IS NULL
                UNION
                SELECT child.id FROM sessions AS child JOIN ended ON child.parent_id = ended.id)
            UPDATE sessions SET revoked_at = $1,
                dead_at = CASE WHEN dead_at < $1 THEN dead_at ELSE $1 END
            WHERE id IN (SELECT id FROM ended) AND revoked_at IS NULL
            RETURNING id
            """,
            .integer(now),
            value,
            second
        ) { (row) throws(StorageFault) in try row.text() }
    }

    /// 1 000: more than a person can look through, and the newest stand first.
    public static var sessionListCountMax: Int { 1_000 }
}

extension SessionRecord {
    fileprivate static let columns = """
        id, project_id, client_id, user_id, parent_id, authenticated_at, created_at, \
        last_used_at, idle_expires_at, expires_at, requested_scopes, granted_scopes, nonce, \
        address, revoked_at
        """

    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            id: row.text(),
            projectID: row.text(),
            clientID: row.text(),
            userID: row.text(),
            parentID: row.optionalText(),
            authenticatedAt: row.integer(),
            createdAt: row.integer(),
            lastUsedAt: row.integer(),
            idleExpiresAt: row.integer(),
            expiresAt: row.integer(),
            requestedScopes: row.words(),
            grantedScopes: row.words(),
            nonce: row.text(),
            address: row.text(),
            revokedAt: row.optionalInteger()
        )
    }
}
