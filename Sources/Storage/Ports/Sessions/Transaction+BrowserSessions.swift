extension Transaction {
    /// Writes a new browser session.
    public func insertBrowserSession(_ session: BrowserSessionRecord) throws(StorageFault) {
        try change(
            """
            INSERT INTO browser_sessions (\(BrowserSessionRecord.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            .bytes(session.hash),
            .text(session.projectID),
            .text(session.providerID),
            .text(session.accountID),
            .integer(session.authenticatedAt),
            .integer(session.lastUsedAt),
            .integer(session.idleExpiresAt),
            .integer(session.expiresAt),
            .bytes(session.sealedIdentity)
        )
    }

    /// The browser session of this hash, expired or not.
    public func browserSession(
        hash: [UInt8]
    ) throws(StorageFault) -> BrowserSessionRecord? {
        try first(
            "SELECT \(BrowserSessionRecord.columns) FROM browser_sessions WHERE hash = $1",
            .bytes(hash),
            as: BrowserSessionRecord.init(row:)
        )
    }

    /// Notes that a browser session was used.
    ///
    /// - Returns: Whether there is such a one.
    @discardableResult
    public func touchBrowserSession(
        hash: [UInt8],
        lastUsedAt: Int64,
        idleExpiresAt: Int64
    ) throws(StorageFault) -> Bool {
        try change(
            """
            UPDATE browser_sessions SET last_used_at = $2, idle_expires_at = $3 WHERE hash = $1
            """,
            .bytes(hash),
            .integer(lastUsedAt),
            .integer(idleExpiresAt)
        ) > 0
    }

    /// Ends a browser session.
    ///
    /// - Returns: Whether there was such a one.
    @discardableResult
    public func deleteBrowserSession(hash: [UInt8]) throws(StorageFault) -> Bool {
        try change("DELETE FROM browser_sessions WHERE hash = $1", .bytes(hash)) > 0
    }
}

extension BrowserSessionRecord {
    fileprivate static let columns = """
        hash, project_id, provider_id, account_id, authenticated_at, last_used_at, \
        idle_expires_at, expires_at, sealed_identity
        """

    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            hash: row.bytes(),
            projectID: row.text(),
            providerID: row.text(),
            accountID: row.text(),
            authenticatedAt: row.integer(),
            lastUsedAt: row.integer(),
            idleExpiresAt: row.integer(),
            expiresAt: row.integer(),
            sealedIdentity: row.bytes()
        )
    }
}
