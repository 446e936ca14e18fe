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

    /// Ends every browser session of an account at a provider.
    ///
    /// Reads the whole table, which holds what lives half a day: for what an operator asks, not for
    /// what a browser does.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func deleteBrowserSessions(
        projectID: String,
        providerID: String,
        accountID: String
    ) throws(StorageFault) -> Int {
        try change(
            """
            DELETE FROM browser_sessions
            WHERE project_id = $1 AND provider_id = $2 AND account_id = $3
            """,
            .text(projectID),
            .text(providerID),
            .text(accountID)
        )
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
