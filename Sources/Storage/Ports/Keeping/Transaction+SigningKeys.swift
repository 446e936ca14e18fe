extension Transaction {
    /// Writes a new signing key.
    public func insertSigningKey(_ key: SigningKeyRecord) throws(StorageFault) {
        try change(
            """
            INSERT INTO signing_keys (\(SigningKeyRecord.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            .text(key.id),
            .text(key.realm),
            .text(key.algorithm),
            .bytes(key.sealedKey),
            .integer(key.createdAt),
            .integer(key.signsFrom),
            .optional(key.signsUntil),
            .optional(key.publishedUntil)
        )
    }

    /// Every signing key of every realm, the oldest first.
    public func signingKeys() throws(StorageFault) -> [SigningKeyRecord] {
        try all(
            "SELECT \(SigningKeyRecord.columns) FROM signing_keys ORDER BY created_at, id",
            as: SigningKeyRecord.init(row:)
        )
    }

    /// Says until when a key signs, and until when it is published.
    ///
    /// - Returns: Whether there is such a key.
    @discardableResult
    public func retireSigningKey(
        id: String,
        signsUntil: Int64,
        publishedUntil: Int64
    ) throws(StorageFault) -> Bool {
        try change(
            "UPDATE signing_keys SET signs_until = $2, published_until = $3 WHERE id = $1",
            .text(id),
            .integer(signsUntil),
            .integer(publishedUntil)
        ) > 0
    }

    /// Forgets a key.
    ///
    /// - Returns: Whether there was such a key.
    @discardableResult
    public func deleteSigningKey(id: String) throws(StorageFault) -> Bool {
        try change("DELETE FROM signing_keys WHERE id = $1", .text(id)) > 0
    }
}

extension SigningKeyRecord {
    fileprivate static let columns = """
        id, realm, algorithm, sealed_key, created_at, signs_from, signs_until, published_until
        """

    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            id: row.text(),
            realm: row.text(),
            algorithm: row.text(),
            sealedKey: row.bytes(),
            createdAt: row.integer(),
            signsFrom: row.integer(),
            signsUntil: row.optionalInteger(),
            publishedUntil: row.optionalInteger()
        )
    }
}
