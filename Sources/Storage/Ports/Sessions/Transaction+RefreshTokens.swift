extension Transaction {
    /// Writes a new refresh token of a session that is there.
    public func insertRefreshToken(_ token: RefreshTokenRecord) throws(StorageFault) {
        try change(
            """
            INSERT INTO refresh_tokens (\(RefreshTokenRecord.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            .bytes(token.hash),
            .text(token.sessionID),
            .integer(token.createdAt),
            .optional(token.rotatedAt),
            .optional(token.graceUntil),
            .optional(token.sealedAnswer),
            .optional(token.successorHash)
        )
    }

    /// The refresh token of this hash, whether it was rotated or not.
    public func refreshToken(hash: [UInt8]) throws(StorageFault) -> RefreshTokenRecord? {
        try first(
            "SELECT \(RefreshTokenRecord.columns) FROM refresh_tokens WHERE hash = $1",
            .bytes(hash),
            as: RefreshTokenRecord.init(row:)
        )
    }

    /// Puts a successor in the place of a refresh token that is still the one to use.
    ///
    /// - Parameters:
    ///   - hash: The token that was presented.
    ///   - successor: Takes its place.
    ///   - sealedAnswer: What was answered, for a replay within the grace; `nil` for none.
    ///   - graceUntil: When the grace ends; `nil` for none.
    ///   - now: When.
    /// - Returns: False where there is no such token, or it was rotated before: nothing is written.
    /// - Throws: ``StorageFault/alreadyExists(detail:)`` where the successor is known already.
    @discardableResult
    public func rotateRefreshToken(
        hash: [UInt8],
        to successor: RefreshTokenRecord,
        sealedAnswer: [UInt8]?,
        graceUntil: Int64?,
        at now: Int64
    ) throws(StorageFault) -> Bool {
        let isRotated =
            try change(
                """
                UPDATE refresh_tokens SET rotated_at = $2, grace_until = $3, sealed_answer = $4,
                    successor_hash = $5
                WHERE hash = $1 AND rotated_at IS NULL
                """,
                .bytes(hash),
                .integer(now),
                .optional(graceUntil),
                .optional(sealedAnswer),
                .bytes(successor.hash)
            ) > 0
        guard isRotated else { return false }
        try insertRefreshToken(successor)
        return true
    }

    /// Erases answers whose grace is over, at most ``expiredBatchCountMax`` of them.
    ///
    /// - Returns: How many.
    @discardableResult
    public func eraseAnswers(before now: Int64) throws(StorageFault) -> Int {
        try change(
            """
            UPDATE refresh_tokens SET sealed_answer = NULL WHERE hash IN (
                SELECT hash FROM refresh_tokens
                WHERE sealed_answer IS NOT NULL AND grace_until <= $1 LIMIT $2)
            """,
            .integer(now),
            .count(Self.expiredBatchCountMax)
        )
    }
}

extension RefreshTokenRecord {
    fileprivate static let columns = """
        hash, session_id, created_at, rotated_at, grace_until, sealed_answer, successor_hash
        """

    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            hash: row.bytes(),
            sessionID: row.text(),
            createdAt: row.integer(),
            rotatedAt: row.optionalInteger(),
            graceUntil: row.optionalInteger(),
            sealedAnswer: row.optionalBytes(),
            successorHash: row.optionalBytes()
        )
    }
}
