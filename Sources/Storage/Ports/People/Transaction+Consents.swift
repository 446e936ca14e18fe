extension Transaction {
    /// Notes what a user lets a client have, in place of what was noted before.
    public func setConsent(_ consent: ConsentRecord) throws(StorageFault) {
        try change(
            """
            INSERT INTO consents (user_id, client_id, scopes, granted_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (user_id, client_id) DO UPDATE
                SET scopes = excluded.scopes, granted_at = excluded.granted_at
            """,
            .text(consent.userID),
            .text(consent.clientID),
            .words(consent.scopes),
            .integer(consent.grantedAt)
        )
    }

    /// What the user lets the client have.
    public func consent(
        userID: String,
        clientID: String
    ) throws(StorageFault) -> ConsentRecord? {
        try first(
            """
            SELECT user_id, client_id, scopes, granted_at FROM consents
            WHERE user_id = $1 AND client_id = $2
            """,
            .text(userID),
            .text(clientID),
            as: ConsentRecord.init(row:)
        )
    }
}

extension ConsentRecord {
    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            userID: row.text(),
            clientID: row.text(),
            scopes: row.words(),
            grantedAt: row.integer()
        )
    }
}
