import JOSE
import JSON

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
            if bytes.starts(with: Self.pemStart.utf8) {
                keys = try KeySet(pem: bytes.span)
            } else {
                let limits = JSONLimits(size: bytes.count, depth: Self.depthMax)
                keys = try KeySet(parsing: bytes.span, limits: limits)
            }
        } catch {
            throw .keysUnusable(detail: "not a key set: \(error)")
        }
        guard !keys.isEmpty else {
            let reasons = keys.skipped.prefix(3).map { "\($0.reason)" }.joined(separator: ", ")
            let detail = reasons.isEmpty ? "the set is empty" : "no usable key: \(reasons)"
            throw .keysUnusable(detail: detail)
        }
        self.bytes = bytes
    }

    private static let pemStart = "-----BEGIN"

    /// Objects and arrays inside each other; a set with certificate chains has four.
    private static let depthMax = 16
}
