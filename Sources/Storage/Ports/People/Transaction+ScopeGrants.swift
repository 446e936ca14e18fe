extension Transaction {
    /// Gives a user a scope; nothing changes where the same source gave it already.
    public func grantScope(_ grant: ScopeGrantRecord) throws(StorageFault) {
        try change(
            """
            INSERT INTO scope_grants (user_id, source, scope) VALUES ($1, $2, $3)
            ON CONFLICT (user_id, source, scope) DO NOTHING
            """,
            .text(grant.userID),
            .text(grant.source),
            .text(grant.scope)
        )
    }

    /// Takes back a scope that one source gave; another source's stays.
    ///
    /// - Returns: Whether it had been given.
    @discardableResult
    public func revokeScope(
        userID: String,
        scope: String,
        source: String
    ) throws(StorageFault) -> Bool {
        try change(
            "DELETE FROM scope_grants WHERE user_id = $1 AND source = $2 AND scope = $3",
            .text(userID),
            .text(source),
            .text(scope)
        ) > 0
    }

    /// Every scope that the user was given, by whom.
    public func scopeGrants(userID: String) throws(StorageFault) -> [ScopeGrantRecord] {
        try all(
            """
            SELECT user_id, scope, source FROM scope_grants WHERE user_id = $1
            ORDER BY source, scope
            """,
            .text(userID),
            as: ScopeGrantRecord.init(row:)
        )
    }

    /// Makes `scopes` all that one source gives the user.
    public func replaceScopeGrants(
        userID: String,
        source: String,
        scopes: [String]
    ) throws(StorageFault) {
        try change(
            "DELETE FROM scope_grants WHERE user_id = $1 AND source = $2",
            .text(userID),
            .text(source)
        )
        for scope in scopes {
            try grantScope(ScopeGrantRecord(userID: userID, scope: scope, source: source))
        }
    }
}

extension ScopeGrantRecord {
    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(userID: row.text(), scope: row.text(), source: row.text())
    }
}
