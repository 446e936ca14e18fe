extension Transaction {
    /// Notes a revocation; of two for one id, the later end counts.
    public func insertRevocation(_ revocation: RevocationRecord) throws(StorageFault) {
        try change(
            """
            INSERT INTO revocations (id, expires_at) VALUES ($1, $2)
            ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at
                WHERE revocations.expires_at < excluded.expires_at
            """,
            .text(revocation.id),
            .integer(revocation.expiresAt)
        )
    }

    /// Whether a token or a session is revoked.
    public func isRevoked(id: String, at now: Int64) throws(StorageFault) -> Bool {
        try first(
            "SELECT expires_at FROM revocations WHERE id = $1 AND expires_at > $2",
            .text(id),
            .integer(now)
        ) { (row) throws(StorageFault) in try row.integer() } != nil
    }

    /// Every revocation that a token can still be alive under, those that end first first.
    public func revocations(aliveAt now: Int64) throws(StorageFault) -> [RevocationRecord] {
        try all(
            "SELECT id, expires_at FROM revocations WHERE expires_at > $1 ORDER BY expires_at, id",
            .integer(now)
        ) { (row) throws(StorageFault) in
            try RevocationRecord(id: row.text(), expiresAt: row.integer())
        }
    }
}
