extension Transaction {
    /// Deletes what nobody can use any more, a bounded number of each kind.
    ///
    /// Flows, browser sessions and revocations go when they end; codes when they end unused, or
    /// with the session that was issued for them; answers with their grace; sessions, and the hashes
    /// of their refresh tokens, ``deadSessionKeeping`` after their death.
    ///
    /// - Parameter now: The present time.
    /// - Returns: How many records went. Call again, in a transaction of its own, until it is zero.
    /// - Throws: Where the store cannot be written.
    public func deleteExpired(before now: Int64) throws(StorageFault) -> Int {
        let (dead, isOverflow) = now.subtractingReportingOverflow(Self.deadSessionKeeping)
        guard !isOverflow else { return 0 }
        var count = try eraseAnswers(before: now)
        for statement in Self.deletionsAtEnd {
            count += try change(statement, .integer(now), .count(Self.expiredBatchCountMax))
        }
        for statement in Self.deletionsAfterDeath {
            count += try change(statement, .integer(dead), .count(Self.expiredBatchCountMax))
        }
        return count
    }

    private static var deletionsAtEnd: [String] {
        [
            """
            DELETE FROM flows WHERE hash IN (
                SELECT hash FROM flows WHERE expires_at <= $1 LIMIT $2)
            """,
            """
            DELETE FROM codes WHERE hash IN (
                SELECT hash FROM codes WHERE session_id IS NULL AND expires_at <= $1 LIMIT $2)
            """,
            """
            DELETE FROM browser_sessions WHERE hash IN (
                SELECT hash FROM browser_sessions
                WHERE expires_at <= $1 OR idle_expires_at <= $1 LIMIT $2)
            """,
            """
            DELETE FROM revocations WHERE id IN (
                SELECT id FROM revocations WHERE expires_at <= $1 LIMIT $2)
            """,
        ]
    }

    // The refresh tokens of a session go first, so that one with very many does not make one batch
    // of them; the session goes once none is left.
    private static var deletionsAfterDeath: [String] {
        [
            """
            DELETE FROM refresh_tokens WHERE hash IN (
                SELECT refresh_tokens.hash FROM refresh_tokens
                JOIN sessions ON sessions.id = refresh_tokens.session_id
                WHERE sessions.dead_at <= $1 LIMIT $2)
            """,
            """
            DELETE FROM codes WHERE hash IN (
                SELECT codes.hash FROM codes JOIN sessions ON sessions.id = codes.session_id
                WHERE sessions.dead_at <= $1 LIMIT $2)
            """,
            """
            DELETE FROM sessions WHERE id IN (
                SELECT id FROM sessions WHERE dead_at <= $1
                    AND NOT EXISTS (
                        SELECT 1 FROM refresh_tokens
                        WHERE refresh_tokens.session_id = sessions.id)
                    AND NOT EXISTS (SELECT 1 FROM codes WHERE codes.session_id = sessions.id)
                LIMIT $2)
            """,
        ]
    }

    /// 500 of each kind: a transaction of a few milliseconds, which nobody notices waiting for.
    public static var expiredBatchCountMax: Int { 500 }

    /// A week: until then a token or code of a dead session is told from one that never was.
    public static var deadSessionKeeping: Int64 { 7 * 24 * 3_600 * 1_000 }
}
