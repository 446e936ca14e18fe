extension Transaction {
    /// Writes a new flow, and drops the oldest ones of its address beyond a number.
    ///
    /// - Parameters:
    ///   - flow: The flow, which is kept in any case.
    ///   - countMax: How many flows the address may have under way, this one included.
    /// - Throws: ``StorageFault/alreadyExists(detail:)`` where the hash is taken.
    public func insertFlow(
        _ flow: FlowRecord,
        keepingPerAddress countMax: Int
    ) throws(StorageFault) {
        // SQLite takes no `OFFSET` without a `LIMIT`.
        try change(
            """
            DELETE FROM flows WHERE hash IN (
                SELECT hash FROM flows WHERE address = $1
                ORDER BY created_at DESC, hash LIMIT $2 OFFSET $3)
            """,
            .text(flow.address),
            .integer(.max),
            .count(max(countMax, 1) - 1)
        )
        try change(
            """
            INSERT INTO flows (\(FlowRecord.columns)) VALUES ($1, $2, $3, $4, $5)
            """,
            .bytes(flow.hash),
            .text(flow.address),
            .integer(flow.createdAt),
            .integer(flow.expiresAt),
            .bytes(flow.sealedPayload)
        )
    }

    /// The flow of this hash, expired or not.
    public func flow(hash: [UInt8]) throws(StorageFault) -> FlowRecord? {
        try first(
            "SELECT \(FlowRecord.columns) FROM flows WHERE hash = $1",
            .bytes(hash),
            as: FlowRecord.init(row:)
        )
    }

    /// The flow of this hash, which nobody finds from now on.
    public func takeFlow(hash: [UInt8]) throws(StorageFault) -> FlowRecord? {
        try first(
            "DELETE FROM flows WHERE hash = $1 RETURNING \(FlowRecord.columns)",
            .bytes(hash),
            as: FlowRecord.init(row:)
        )
    }

    /// Writes what a flow holds anew.
    ///
    /// - Returns: Whether there is such a flow.
    @discardableResult
    public func updateFlow(
        hash: [UInt8],
        sealedPayload: [UInt8]
    ) throws(StorageFault) -> Bool {
        try change(
            "UPDATE flows SET sealed_payload = $2 WHERE hash = $1",
            .bytes(hash),
            .bytes(sealedPayload)
        ) > 0
    }
}

extension FlowRecord {
    fileprivate static let columns = "hash, address, created_at, expires_at, sealed_payload"

    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            hash: row.bytes(),
            address: row.text(),
            createdAt: row.integer(),
            expiresAt: row.integer(),
            sealedPayload: row.bytes()
        )
    }
}
