import Configuration
import EventLoop
import Synchronization

/// Token buckets: how often one address, or one client, may ask.
///
/// Bounded in the number of buckets; when full, those that are full again anyway are forgotten first.
final class RequestLimits: Sendable {
    private struct Bucket {
        /// Thousandths of a request that are left.
        var level: Int64
        /// Milliseconds since 1970.
        var filledAt: Int64
    }

    /// Whose bucket it is.
    enum Key: Hashable, Sendable {
        /// An address; of IPv6 the whole /64 that its owner has to choose from.
        case address(NetworkKey, Purpose)
        case client(String)
    }

    /// What is bounded on its own.
    enum Purpose: Hashable, Sendable {
        case authorize
        case token
    }

    private let buckets = Mutex<[Key: Bucket]>([:])

    /// Takes one request of `key`'s.
    ///
    /// - Returns: `nil` where it may go on, else the seconds after which another may.
    func take(_ key: Key, rate: RateSettings, now: Int64) -> Int64? {
        let capacity = Int64(max(1, rate.burst)) * 1000
        let perSecond = Int64(max(1, rate.perSecond))
        return buckets.withLock { buckets in
            if buckets.count >= Self.countMax, buckets[key] == nil {
                Self.makeRoom(in: &buckets, now: now)
            }
            var bucket = buckets[key] ?? Bucket(level: capacity, filledAt: now)
            let gained = max(0, now - bucket.filledAt).multipliedReportingOverflow(by: perSecond)
            let level = gained.overflow ? capacity : bucket.level.addingClamped(gained.partialValue)
            bucket.level = min(capacity, level)
            bucket.filledAt = now
            let mayGoOn = bucket.level >= 1000
            if mayGoOn { bucket.level -= 1000 }
            buckets[key] = bucket
            let missing = 1000 - bucket.level
            return mayGoOn ? nil : max(1, (missing + 1000 * perSecond - 1) / (1000 * perSecond))
        }
    }

    /// Forgets whoever has been still for a minute, and where that is nobody, a part of all: a flood
    /// of addresses may then ask more often, and takes no more memory.
    private static func makeRoom(in buckets: inout [Key: Bucket], now: Int64) {
        buckets = buckets.filter { now - $0.value.filledAt < 60_000 }
        while buckets.count >= countMax, let any = buckets.keys.first {
            buckets[any] = nil
        }
    }

    /// Some ten megabytes at most.
    private static let countMax = 65_536
}
