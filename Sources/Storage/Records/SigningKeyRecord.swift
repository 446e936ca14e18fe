/// A key that signs tokens, or did.
///
/// Times are milliseconds since 1970.
public struct SigningKeyRecord: Sendable, Hashable {
    /// `kid`.
    public var id: String
    /// Whose: the name of a realm, which never changes.
    public var realm: String
    /// By its JOSE name.
    public var algorithm: String
    /// The private key, sealed by the caller.
    public var sealedKey: [UInt8]
    /// When it was made.
    public var createdAt: Int64
    /// When it signs for the first time: published before, so that everyone knows it by then.
    public var signsFrom: Int64
    /// When another one signs in its place; `nil` while none does.
    public var signsUntil: Int64?
    /// When its last token is dead; `nil` while it signs.
    public var publishedUntil: Int64?

    /// Puts one together.
    public init(
        id: String,
        realm: String,
        algorithm: String,
        sealedKey: [UInt8],
        createdAt: Int64,
        signsFrom: Int64,
        signsUntil: Int64? = nil,
        publishedUntil: Int64? = nil
    ) {
        self.id = id
        self.realm = realm
        self.algorithm = algorithm
        self.sealedKey = sealedKey
        self.createdAt = createdAt
        self.signsFrom = signsFrom
        self.signsUntil = signsUntil
        self.publishedUntil = publishedUntil
    }
}
