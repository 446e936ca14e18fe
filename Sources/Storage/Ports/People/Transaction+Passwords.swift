extension Transaction {
    /// Sets a user's password, in place of the one before.
    ///
    /// - Parameters:
    ///   - userID: A user that is there.
    ///   - hash: The hash in its own text form, parameters and salt included.
    ///   - now: When.
    /// - Throws: ``StorageFault/recordMissing(detail:)`` where there is no such user.
    public func setPassword(
        userID: String,
        hash: String,
        at now: Int64
    ) throws(StorageFault) {
        try change(
            """
            INSERT INTO passwords (user_id, hash, changed_at) VALUES ($1, $2, $3)
            ON CONFLICT (user_id) DO UPDATE
                SET hash = excluded.hash, changed_at = excluded.changed_at
            """,
            .text(userID),
            .text(hash),
            .integer(now)
        )
    }

    /// The hash of the user's password; `nil` where there is none.
    public func passwordHash(userID: String) throws(StorageFault) -> String? {
        try first("SELECT hash FROM passwords WHERE user_id = $1", .text(userID)) {
            (row) throws(StorageFault) in try row.text()
        }
    }
}
