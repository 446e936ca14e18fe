extension Transaction {
    /// Writes a new account at a provider.
    ///
    /// - Returns: False where the account is there already, whosever it is: nothing is written.
    public func insertProviderAccount(
        _ account: ProviderAccountRecord
    ) throws(StorageFault) -> Bool {
        try change(
            """
            INSERT INTO provider_accounts (\(ProviderAccountRecord.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (project_id, provider_id, account_id) DO NOTHING
            """,
            .text(account.projectID),
            .text(account.providerID),
            .text(account.accountID),
            .text(account.userID),
            .optional(account.email),
            .flag(account.isEmailVerified),
            .bytes(account.sealedTokens),
            .integer(account.createdAt)
        ) > 0
    }

    /// The account of this id at a provider.
    public func providerAccount(
        projectID: String,
        providerID: String,
        accountID: String
    ) throws(StorageFault) -> ProviderAccountRecord? {
        try first(
            """
            SELECT \(ProviderAccountRecord.columns) FROM provider_accounts
            WHERE project_id = $1 AND provider_id = $2 AND account_id = $3
            """,
            .text(projectID),
            .text(providerID),
            .text(accountID),
            as: ProviderAccountRecord.init(row:)
        )
    }

    /// Every account that signs the user in, the oldest first.
    public func providerAccounts(
        userID: String
    ) throws(StorageFault) -> [ProviderAccountRecord] {
        try all(
            """
            SELECT \(ProviderAccountRecord.columns) FROM provider_accounts WHERE user_id = $1
            ORDER BY created_at, provider_id, account_id
            """,
            .text(userID),
            as: ProviderAccountRecord.init(row:)
        )
    }

    /// Writes what the provider says of an account anew, and whose it is.
    ///
    /// - Returns: Whether there is such an account.
    @discardableResult
    public func updateProviderAccount(
        _ account: ProviderAccountRecord
    ) throws(StorageFault) -> Bool {
        try change(
            """
            UPDATE provider_accounts
            SET user_id = $4, email = $5, is_email_verified = $6, sealed_tokens = $7
            WHERE project_id = $1 AND provider_id = $2 AND account_id = $3
            """,
            .text(account.projectID),
            .text(account.providerID),
            .text(account.accountID),
            .text(account.userID),
            .optional(account.email),
            .flag(account.isEmailVerified),
            .bytes(account.sealedTokens)
        ) > 0
    }
}

extension ProviderAccountRecord {
    fileprivate static let columns = """
        project_id, provider_id, account_id, user_id, email, is_email_verified, sealed_tokens, \
        created_at
        """

    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            projectID: row.text(),
            providerID: row.text(),
            accountID: row.text(),
            userID: row.text(),
            email: row.optionalText(),
            isEmailVerified: row.flag(),
            sealedTokens: row.bytes(),
            createdAt: row.integer()
        )
    }
}
