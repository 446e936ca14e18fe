/// A sign-in under way, known by the hash of its state.
///
/// Times are milliseconds since 1970.
public struct FlowRecord: Sendable, Hashable {
    /// SHA-256 of the state.
    public var hash: [UInt8]
    /// Who began it, as text: pending flows are bounded by address.
    public var address: String
    /// When it was made.
    public var createdAt: Int64
    /// Dead from here on whatever happens.
    public var expiresAt: Int64
    /// Everything else, sealed by the caller.
    public var sealedPayload: [UInt8]

    /// Puts one together.
    public init(
        hash: [UInt8],
        address: String,
        createdAt: Int64,
        expiresAt: Int64,
        sealedPayload: [UInt8]
    ) {
        self.hash = hash
        self.address = address
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.sealedPayload = sealedPayload
    }
}

/// An authorization code, known by its hash alone.
public struct CodeRecord: Sendable, Hashable {
    /// SHA-256 of the code.
    public var hash: [UInt8]
    /// The project that it belongs to.
    public var projectID: String
    /// The client that it was issued to.
    public var clientID: String
    /// The S256 challenge, 43 characters.
    public var challenge: String
    /// When it was made.
    public var createdAt: Int64
    /// Dead from here on whatever happens.
    public var expiresAt: Int64
    /// When it was first presented, right or wrong.
    public var consumedAt: Int64?
    /// The session that was issued for it; the hash is kept as long as this one.
    public var sessionID: String?
    /// What it stands for, sealed by the caller; emptied when it is consumed.
    public var sealedPayload: [UInt8]

    /// Puts one together.
    public init(
        hash: [UInt8],
        projectID: String,
        clientID: String,
        challenge: String,
        createdAt: Int64,
        expiresAt: Int64,
        consumedAt: Int64? = nil,
        sessionID: String? = nil,
        sealedPayload: [UInt8]
    ) {
        self.hash = hash
        self.projectID = projectID
        self.clientID = clientID
        self.challenge = challenge
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.consumedAt = consumedAt
        self.sessionID = sessionID
        self.sealedPayload = sealedPayload
    }
}
