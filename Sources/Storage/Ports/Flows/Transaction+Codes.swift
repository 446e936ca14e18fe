extension Transaction {
    /// Writes a new code.
    public func insertCode(_ code: CodeRecord) throws(StorageFault) {
        try change(
            """
            INSERT INTO codes (\(CodeRecord.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            .bytes(code.hash),
            .text(code.projectID),
            .text(code.clientID),
            .text(code.challenge),
            .integer(code.createdAt),
            .integer(code.expiresAt),
            .optional(code.consumedAt),
            .optional(code.sessionID),
            .bytes(code.sealedPayload)
        )
    }

    /// The code of this hash, consumed, expired or neither.
    public func code(hash: [UInt8]) throws(StorageFault) -> CodeRecord? {
        try first(
            "SELECT \(CodeRecord.columns) FROM codes WHERE hash = $1",
            .bytes(hash),
            as: CodeRecord.init(row:)
        )
    }

    /// Consumes a code: of all calls for one hash, exactly one gets it unconsumed.
    ///
    /// - Returns: The record as it was before this call, with `consumedAt` where it was consumed
    ///   already; `nil` where there is none.
    public func consumeCode(hash: [UInt8], at now: Int64) throws(StorageFault) -> CodeRecord? {
        let found = try code(hash: hash)
        guard let found, found.consumedAt == nil else { return found }
        let isConsumed =
            try change(
                """
                UPDATE codes SET consumed_at = $2, sealed_payload = $3
                WHERE hash = $1 AND consumed_at IS NULL
                """,
                .bytes(hash),
                .integer(now),
                .bytes([])
            ) > 0
        // Where transactions run side by side, another one was faster: then what it left counts.
        return isConsumed ? found : try code(hash: hash)
    }

    /// Notes which session was issued for a code; the hash is kept as long as that.
    ///
    /// - Returns: Whether there is such a code.
    @discardableResult
    public func setCodeSession(
        hash: [UInt8],
        sessionID: String
    ) throws(StorageFault) -> Bool {
        try change(
            "UPDATE codes SET session_id = $2 WHERE hash = $1",
            .bytes(hash),
            .text(sessionID)
        ) > 0
    }
}

extension CodeRecord {
    fileprivate static let columns = """
        hash, project_id, client_id, challenge, created_at, expires_at, consumed_at, session_id, \
        sealed_payload
        """

    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            hash: row.bytes(),
            projectID: row.text(),
            clientID: row.text(),
            challenge: row.text(),
            createdAt: row.integer(),
            expiresAt: row.integer(),
            consumedAt: row.optionalInteger(),
            sessionID: row.optionalText(),
            sealedPayload: row.bytes()
        )
    }
}
