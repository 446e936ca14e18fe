import Bytes

/// The tokens that one worker has verified and may take again without a signature check.
///
/// Bounded in entries and in bytes; when full, the one not used for longest of those under the
/// clock's hand goes. An entry is good as long as the token is, and its issuer's generation.
public final class VerifiedTokenCache {
    private var places: [UInt64: Int] = [:]
    private var entries: [VerifiedToken?] = []
    private var free: [Int] = []
    private var hand = 0
    private let countMax: Int
    private let byteCountMax: Int
    /// The bytes of all tokens held.
    public private(set) var byteCount = 0

    /// Makes an empty cache.
    public init(countMax: Int, byteCountMax: Int) {
        self.countMax = countMax
        self.byteCountMax = byteCountMax
        places.reserveCapacity(min(countMax, 1024))
    }

    /// How many tokens are held.
    public var count: Int { places.count }

    /// The proof of exactly these bytes, whatever its age; the caller looks at its times.
    public func find(_ token: Span<UInt8>) -> VerifiedToken? {
        guard let place = places[token.keyedHash()], let entry = entries[place],
            entry.isMade(of: token)
        else { return nil }
        entry.wasUsed = true
        return entry
    }

    /// Keeps a proof, in place of another where there is no room.
    public func insert(_ token: VerifiedToken) {
        let size = Self.weight(token)
        guard countMax > 0, size <= byteCountMax else { return }
        let hash = Self.hash(token.bytes)
        if let place = places[hash] {
            drop(place, hash)
        }
        while places.count >= countMax || byteCount + size > byteCountMax {
            evictOne()
        }
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = token
        } else {
            place = entries.count
            entries.append(token)
        }
        places[hash] = place
        byteCount += size
    }

    /// Forgets one proof, where it is still held.
    public func remove(_ token: VerifiedToken) {
        let hash = Self.hash(token.bytes)
        guard let place = places[hash], entries[place] === token else { return }
        drop(place, hash)
    }

    /// Forgets everything.
    public func removeAll() {
        places.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        free.removeAll(keepingCapacity: true)
        hand = 0
        byteCount = 0
    }

    private func evictOne() {
        while true {
            hand = hand + 1 < entries.count ? hand + 1 : 0
            guard let entry = entries[hand] else { continue }
            guard entry.wasUsed else {
                drop(hand, Self.hash(entry.bytes))
                return
            }
            entry.wasUsed = false
        }
    }

    private func drop(_ place: Int, _ hash: UInt64) {
        guard let entry = entries[place] else { return }
        byteCount -= Self.weight(entry)
        entries[place] = nil
        free.append(place)
        places[hash] = nil
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.span.keyedHash()
    }

    /// The token's bytes, and three times as much again for its claims: measured on tokens of 700
    /// bytes, whose parsed claims took 1.8 KiB.
    private static func weight(_ token: VerifiedToken) -> Int {
        token.bytes.count * 4
    }
}
