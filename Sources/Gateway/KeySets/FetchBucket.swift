import EventLoop

/// How many fetches unknown key ids may still cause.
struct FetchBucket {
    private let size: Int
    private let refill: Timeout
    private var count: Int
    /// When the token that comes next began to come.
    ///
    /// Means nothing while the bucket is full.
    private var refillBegan: Instant

    /// A full bucket.
    init(size: Int, refill: Timeout) {
        precondition(size > 0 && refill.nanoseconds > 0)
        self.size = size
        self.refill = refill
        count = size
        refillBegan = Instant(nanoseconds: 0)
    }

    /// How many fetches may begin at once.
    mutating func available(at now: Instant) -> Int {
        while count < size, refillBegan + refill <= now {
            refillBegan = refillBegan + refill
            count += 1
        }
        return count
    }

    /// When the next fetch may begin: `now` while there is a token.
    mutating func nextAvailable(at now: Instant) -> Instant {
        available(at: now) > 0 ? now : refillBegan + refill
    }

    /// Spends a token.
    mutating func spend(at now: Instant) {
        let left = available(at: now)
        precondition(left > 0)
        if left == size {
            refillBegan = now
        }
        count = left - 1
    }
}
