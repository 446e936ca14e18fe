import EventLoop

/// Key ids that a fetched set lacked a short time ago.
///
/// An id is kept as its hash under the process's own seed: the memory is bounded whatever lengths
/// strangers choose, and they cannot aim at a collision.
struct UnknownKeyMemory {
    private let time: Timeout
    private let countMax: Int
    private var absentSince: [Int: Instant] = [:]
    /// The hashes in the order in which they came, from `oldest` on.
    private var order: [Int] = []
    private var oldest = 0

    /// An empty memory.
    init(time: Timeout, countMax: Int) {
        precondition(countMax > 0)
        self.time = time
        self.countMax = countMax
    }

    /// How many ids are remembered.
    var count: Int { absentSince.count }

    /// Remembers that the set whose fetch began at `instant` lacked the id.
    mutating func remember(_ keyID: String, absentSince instant: Instant) {
        let hash = keyID.hashValue
        if absentSince.updateValue(instant, forKey: hash) == nil {
            order.append(hash)
        }
        while absentSince.count > countMax {
            absentSince[order[oldest]] = nil
            oldest += 1
        }
        // The front is given back when it is as long as what is kept: constant cost per id.
        if oldest > countMax {
            order.removeFirst(oldest)
            oldest = 0
        }
    }

    /// When it will no longer be known that the id is unknown, or `nil` where it is not known now.
    func knownUntil(_ keyID: String, at now: Instant) -> Instant? {
        guard let since = absentSince[keyID.hashValue] else { return nil }
        let end = since + time
        return end > now ? end : nil
    }

    /// Forgets everything.
    mutating func forgetAll() {
        absentSince = [:]
        order = []
        oldest = 0
    }
}
