extension Transaction {
    /// Writes a new user.
    ///
    /// - Throws: ``StorageFault/alreadyExists(detail:)`` where the id is taken, or the address by
    ///   another user of the project who signs in by it.
    public func insertUser(_ user: UserRecord) throws(StorageFault) {
        try change(
            """
            INSERT INTO users (\(UserRecord.columns))
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """,
            .text(user.id),
            .text(user.projectID),
            .integer(user.createdAt),
            .integer(user.lastActiveAt),
            .optional(user.displayName),
            .optional(user.profileImageURL),
            .optional(user.email),
            .optional(user.emailKey),
            .flag(user.isEmailVerified),
            .flag(user.signsInByEmail),
            .flag(user.isAnonymous),
            .optional(user.restrictedReason),
            .flag(user.isDisabled)
        )
    }

    /// Writes everything about a user anew, except project and time of creation, which never change.
    ///
    /// - Returns: Whether there is such a user.
    @discardableResult
    public func updateUser(_ user: UserRecord) throws(StorageFault) -> Bool {
        try change(
            """
            UPDATE users SET last_active_at = $2, display_name = $3, profile_image_url = $4,
                email = $5, email_key = $6, is_email_verified = $7, signs_in_by_email = $8,
                is_anonymous = $9, restricted_reason = $10, is_disabled = $11
            WHERE id = $1
            """,
            .text(user.id),
            .integer(user.lastActiveAt),
            .optional(user.displayName),
            .optional(user.profileImageURL),
            .optional(user.email),
            .optional(user.emailKey),
            .flag(user.isEmailVerified),
            .flag(user.signsInByEmail),
            .flag(user.isAnonymous),
            .optional(user.restrictedReason),
            .flag(user.isDisabled)
        ) > 0
    }

    /// The user of this id.
    public func user(id: String) throws(StorageFault) -> UserRecord? {
        try first(
            "SELECT \(UserRecord.columns) FROM users WHERE id = $1",
            .text(id),
            as: UserRecord.init(row:)
        )
    }

    /// The user who signs in by this address; those who merely have it are not meant.
    public func user(
        projectID: String,
        emailKey: String
    ) throws(StorageFault) -> UserRecord? {
        try first(
            """
            SELECT \(UserRecord.columns) FROM users
            WHERE project_id = $1 AND email_key = $2 AND signs_in_by_email = 1
            """,
            .text(projectID),
            .text(emailKey),
            as: UserRecord.init(row:)
        )
    }

    /// Users in the order of their ids, of one project or of all.
    ///
    /// - Parameters:
    ///   - projectID: The project, or `nil` for every one.
    ///   - limit: How many at most.
    ///   - after: The last id of the page before, or `nil` for the first page.
    /// - Returns: At most `limit` users; fewer where these are the last.
    /// - Throws: Where the store cannot be read.
    public func users(
        projectID: String?,
        limit: Int,
        after: String? = nil
    ) throws(StorageFault) -> [UserRecord] {
        guard let projectID else {
            return try all(
                "SELECT \(UserRecord.columns) FROM users WHERE id > $1 ORDER BY id LIMIT $2",
                .text(after ?? ""),
                .count(limit),
                as: UserRecord.init(row:)
            )
        }
        return try all(
            """
            SELECT \(UserRecord.columns) FROM users WHERE project_id = $1 AND id > $2
            ORDER BY id LIMIT $3
            """,
            .text(projectID),
            .text(after ?? ""),
            .count(limit),
            as: UserRecord.init(row:)
        )
    }

    /// Users who have this address, whether they sign in by it or not, in the order of their ids.
    ///
    /// At most ``userMatchCountMax`` of them.
    public func users(
        projectID: String?,
        matchingEmailKey emailKey: String
    ) throws(StorageFault) -> [UserRecord] {
        guard let projectID else {
            return try all(
                "SELECT \(UserRecord.columns) FROM users WHERE email_key = $1 ORDER BY id LIMIT $2",
                .text(emailKey),
                .count(Self.userMatchCountMax),
                as: UserRecord.init(row:)
            )
        }
        return try all(
            """
            SELECT \(UserRecord.columns) FROM users WHERE email_key = $1 AND project_id = $2
            ORDER BY id LIMIT $3
            """,
            .text(emailKey),
            .text(projectID),
            .count(Self.userMatchCountMax),
            as: UserRecord.init(row:)
        )
    }

    /// Disables a user, or lets one in again.
    ///
    /// - Returns: Whether there is such a user.
    @discardableResult
    public func setUserDisabled(
        id: String,
        _ isDisabled: Bool
    ) throws(StorageFault) -> Bool {
        try change(
            "UPDATE users SET is_disabled = $2 WHERE id = $1",
            .text(id),
            .flag(isDisabled)
        ) > 0
    }

    /// Says whether the user's address is verified.
    ///
    /// - Returns: Whether there is such a user.
    @discardableResult
    public func setEmailVerified(
        userID: String,
        _ isVerified: Bool
    ) throws(StorageFault) -> Bool {
        try change(
            "UPDATE users SET is_email_verified = $2 WHERE id = $1",
            .text(userID),
            .flag(isVerified)
        ) > 0
    }

    /// Notes that the user was active; an earlier time than the one noted changes nothing.
    public func touchUser(id: String, at now: Int64) throws(StorageFault) {
        try change(
            "UPDATE users SET last_active_at = $2 WHERE id = $1 AND last_active_at < $2",
            .text(id),
            .integer(now)
        )
    }

    /// 1 000: nobody looks at more users of one address at once.
    public static var userMatchCountMax: Int { 1_000 }
}

extension UserRecord {
    fileprivate static let columns = """
        id, project_id, created_at, last_active_at, display_name, profile_image_url, email, \
        email_key, is_email_verified, signs_in_by_email, is_anonymous, restricted_reason, \
        is_disabled
        """

    fileprivate init(row: inout SQLRow) throws(StorageFault) {
        try self.init(
            id: row.text(),
            projectID: row.text(),
            createdAt: row.integer(),
            lastActiveAt: row.integer(),
            displayName: row.optionalText(),
            profileImageURL: row.optionalText(),
            email: row.optionalText(),
            emailKey: row.optionalText(),
            isEmailVerified: row.flag(),
            signsInByEmail: row.flag(),
            isAnonymous: row.flag(),
            restrictedReason: row.optionalText(),
            isDisabled: row.flag()
        )
    }
}
