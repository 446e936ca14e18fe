import JOSE
import JSON

/// Takes any bytes for a key set, and reads back what it wrote of it.
public func fuzzKeySet(_ bytes: Span<UInt8>) {
    if let set = try? KeySet(pem: bytes) {
        precondition(set.keys.count == 1)
    }
    let limits = JSONLimits(size: 1 << 16, depth: 8)
    guard let set = try? KeySet(parsing: bytes, limits: limits) else { return }
    precondition(set.keys.count <= KeySet.keyCountMax)
    var written: [UInt8] = []
    set.write(into: &written)
    let again = try? KeySet(parsing: written.span, limits: JSONLimits(size: 1 << 20, depth: 8))
    precondition(again?.fingerprint() == set.fingerprint())
}
