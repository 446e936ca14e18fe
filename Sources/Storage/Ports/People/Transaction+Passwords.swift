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

    /// When the user's password was last set; `nil` where there is none.
    public func passwordChangedAt(userID: String) throws(StorageFault) -> Int64? {
        try first("SELECT changed_at FROM passwords WHERE user_id = $1", .text(userID)) {
            (row) throws(StorageFault) in try row.integer()
        }
    }

    /// Stores another hash of the same password: it is not newer for that.
    ///
    /// - Returns: False where the password is another one by now: nothing is written.
    @discardableResult
    public func replacePasswordHash(
        userID: String,
        _ old: String,
        by new: String
    ) throws(StorageFault) -> Bool {
        try change(
            "UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2",
            .text(userID),
            .text(old),
            .text(new)
        ) > 0
    }
}
