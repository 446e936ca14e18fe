import Storage

/// A signing key as `gatehouse keys list` shows it; times are milliseconds since 1970.
public struct SigningKeyListing: Sendable, Hashable {
    /// Its `kid`.
    public let id: String
    /// The name of its realm: `server`, or `project/ID/CLASS`.
    public let realm: String
    /// Its algorithm, by the JOSE name.
    public let algorithm: String
    /// What it does now.
    public let state: State
    /// When it was made, and published.
    public let createdAt: Int64
    /// When it signs for the first time.
    public let signsFrom: Int64
    /// When another one signed in its place.
    public let signsUntil: Int64?
    /// When its last token is dead, and it goes.
    public let publishedUntil: Int64?

    init(_ record: SigningKeyRecord, isSigning: Bool) {
        id = record.id
        realm = record.realm
        algorithm = record.algorithm
        createdAt = record.createdAt
        signsFrom = record.signsFrom
        signsUntil = record.signsUntil
        publishedUntil = record.publishedUntil
        state = isSigning ? .signing : record.signsUntil == nil ? .next : .retired
    }

    /// What a key does.
    public enum State: String, Sendable, CaseIterable {
        /// Published, and signs from its time on.
        case next
        /// Published for the tokens that it has signed.
        case retired
        /// Signs.
        case signing
    }
}
