public import Configuration
public import EventLoop

/// How many failed signature checks each client address may still cause.
///
/// A token bucket for each address (IPv6 by /64). Bounded: when more addresses fail at once than
/// are remembered, the ones beyond share a bucket, so that a flood from everywhere still costs no
/// more than its share.
public struct VerificationBudget {
    private struct Bucket {
        var left: Double
        var filledAt: Instant
    }

    private var buckets: [NetworkKey: Bucket] = [:]
    private var shared: Bucket
    private let burst: Double
    private let perNanosecond: Double
    private let addressCountMax: Int

    /// Makes a budget for one worker of `workerCount`, each having its part of the whole.
    public init(_ rate: RateSettings, workerCount: Int, addressCountMax: Int, now: Instant) {
        let part = Double(max(1, workerCount))
        burst = max(1, Double(rate.burst) / part)
        perNanosecond = Double(rate.perSecond) / part / 1e9
        self.addressCountMax = addressCountMax
        shared = Bucket(left: burst, filledAt: now)
    }

    /// Whether this address may cause one more signature check.
    public func allows(_ address: IPAddress, at now: Instant) -> Bool {
        let key = address.networkKey
        guard let bucket = buckets[key] else {
            return buckets.count < addressCountMax || level(of: shared, at: now) >= 1
        }
        return level(of: bucket, at: now) >= 1
    }

    /// Charges this address for a check that failed.
    public mutating func charge(_ address: IPAddress, at now: Instant) {
        let key = address.networkKey
        if buckets[key] == nil, buckets.count >= addressCountMax {
            forgetTheFull(at: now)
        }
        if buckets[key] == nil, buckets.count >= addressCountMax {
            shared = Bucket(left: level(of: shared, at: now) - 1, filledAt: now)
            return
        }
        let left = buckets[key].map { level(of: $0, at: now) } ?? burst
        buckets[key] = Bucket(left: max(0, left - 1), filledAt: now)
    }

    private func level(of bucket: Bucket, at now: Instant) -> Double {
        let passed = Double(max(0, now.nanoseconds(since: bucket.filledAt)))
        return min(burst, bucket.left + passed * perNanosecond)
    }

    private mutating func forgetTheFull(at now: Instant) {
        buckets = buckets.filter { level(of: $0.value, at: now) < burst }
    }
}
