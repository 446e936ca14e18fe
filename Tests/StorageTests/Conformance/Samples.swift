import Storage

/// Records with every field set to something of its own.
enum Samples {
    static func user(
        _ id: String,
        project: String = "p",
        emailKey: String? = nil,
        signsIn: Bool = false
    ) -> UserRecord {
        UserRecord(
            id: id,
            projectID: project,
            createdAt: 1,
            lastActiveAt: 2,
            displayName: "Zoë \u{0} O'Hara",
            profileImageURL: "https://example.com/a.png",
            email: emailKey?.uppercased(),
            emailKey: emailKey,
            isEmailVerified: true,
            signsInByEmail: signsIn,
            isAnonymous: true,
            restrictedReason: "email_not_verified",
            isDisabled: false
        )
    }

    static func account(_ id: String, user: String) -> ProviderAccountRecord {
        ProviderAccountRecord(
            projectID: "p",
            providerID: "github",
            accountID: id,
            userID: user,
            email: "a@example.com",
            isEmailVerified: true,
            sealedTokens: [0, 1, 255],
            createdAt: 7
        )
    }

    static func session(
        _ id: String,
        user: String = "u",
        parent: String? = nil,
        createdAt: Int64 = 10,
        idleExpiresAt: Int64 = 1_000,
        scopes: [String] = ["openid", "orders:read"]
    ) -> SessionRecord {
        SessionRecord(
            id: id,
            projectID: "p",
            clientID: "c",
            userID: user,
            parentID: parent,
            authenticatedAt: 9,
            createdAt: createdAt,
            lastUsedAt: 11,
            idleExpiresAt: idleExpiresAt,
            expiresAt: 2_000,
            requestedScopes: ["legacy"],
            grantedScopes: scopes,
            nonce: "n",
            address: "192.0.2.1"
        )
    }

    static func code(_ byte: UInt8, expiresAt: Int64 = 100) -> CodeRecord {
        CodeRecord(
            hash: [byte, 1],
            projectID: "p",
            clientID: "c",
            challenge: "challenge",
            createdAt: 1,
            expiresAt: expiresAt,
            sealedPayload: [5, 6]
        )
    }

    static func flow(_ byte: UInt8, address: String = "a", createdAt: Int64 = 1) -> FlowRecord {
        FlowRecord(
            hash: [byte],
            address: address,
            createdAt: createdAt,
            expiresAt: 100,
            sealedPayload: [byte, byte]
        )
    }

    static func browserSession(_ byte: UInt8) -> BrowserSessionRecord {
        BrowserSessionRecord(
            hash: [byte],
            projectID: "p",
            providerID: "local",
            accountID: "a",
            authenticatedAt: 1,
            lastUsedAt: 2,
            idleExpiresAt: 50,
            expiresAt: 100,
            sealedIdentity: [9]
        )
    }
}
