import JOSE

/// A key set as it came, read and found usable.
struct FetchedKeySet: Sendable {
    /// The usable keys.
    let keys: KeySet
    /// The bytes that it was read from: what is saved.
    let bytes: [UInt8]

    /// Reads a set.
    ///
    /// - Throws: ``KeySetFetchFault/keysUnusable(detail:)`` where it is no set, or one without a usable
    ///   key: an issuer that publishes nothing has more likely failed than withdrawn all its keys.
    init(_ bytes: [UInt8]) throws(KeySetFetchFault) {
        do throws(KeySetFault) {
            keys = try KeySet(parsing: bytes.span)
        } catch {
            throw .keysUnusable(detail: "not a key set: \(error)")
        }
        guard !keys.keys.isEmpty else {
            throw .keysUnusable(detail: "no usable key in the set")
        }
        self.bytes = bytes
    }

    /// Keys in the set that no token can be verified with.
    var skippedCount: Int { 0 }
}
