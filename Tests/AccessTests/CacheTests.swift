import Bytes
import Configuration
import EventLoop
import JOSE
import JSON
import Testing

@testable import Access

/// What a worker remembers: proofs, and who has failed.
@Suite
struct CacheTests {
    /// Proofs with tokens of these lengths; the bytes are no real tokens, which the cache cannot see.
    private func proof(_ bytes: [UInt8]) throws -> VerifiedToken {
        let signed = try Kit.sign(Kit.claims)
        let token = try CompactToken(signed.span, sizeMax: 4096)
        return VerifiedToken(
            VerifiedToken.Proof(
                token: bytes,
                issuer: 0,
                generation: 1,
                header: try TokenHeader(token, ignoringHeaderKeys: false),
                claims: try Claims(token),
                clockSkew: 0
            )
        )
    }

    @Test(arguments: 0..<20)
    func boundsHoldWhateverIsDone(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let proofs = try (0..<40).map { index in
            try proof([UInt8](repeating: UInt8(index), count: Int(random.next() % 60) + 1))
        }
        let countMax = Int(random.next() % 12)
        let byteCountMax = Int(random.next() % 2_000)
        let cache = VerifiedTokenCache(countMax: countMax, byteCountMax: byteCountMax)
        for _ in 0..<400 {
            let proof = proofs[Int(random.next() % 40)]
            switch random.next() % 8 {
            case 0: cache.remove(proof)
            case 1 where random.next() % 20 == 0: cache.removeAll()
            case 2, 3, 4: cache.insert(proof)
            default: _ = cache.holding(proof)
            }
            let held = proofs.filter { cache.holding($0) === $0 }
            #expect(held.count == cache.count && cache.count <= countMax)
            #expect(cache.byteCount == held.reduce(0) { $0 + $1.bytes.count * 4 })
            #expect(cache.byteCount <= byteCountMax)
        }
    }

    @Test
    func newestIsHeldAndRemovedIsGone() throws {
        let cache = VerifiedTokenCache(countMax: 3, byteCountMax: 10_000)
        for index in 0..<50 {
            let one = try proof([UInt8(index), 1, 2])
            cache.insert(one)
            #expect(cache.holding(one) === one)
        }
        let last = try proof([49, 1, 2])
        #expect(cache.holding(last) !== last)
        cache.remove(last)
        #expect(cache.holding(last) != nil, "another proof of the same bytes stays")
    }

    @Test
    func usedOnesGetASecondChance() throws {
        let cache = VerifiedTokenCache(countMax: 3, byteCountMax: 10_000)
        let proofs = try (0..<6).map { try proof([UInt8($0)]) }
        for one in proofs[0..<3] { cache.insert(one) }
        // The first eviction finds all used, and takes their marks away.
        cache.insert(proofs[3])
        let left = proofs[0..<3].filter { one in
            one.wasUsed || !one.wasUsed && cache.count == 3 && cache.holding(one) != nil
        }
        #expect(left.count == 2)
        left[0].wasUsed = true
        left[1].wasUsed = false
        proofs[3].wasUsed = true
        cache.insert(proofs[4])
        #expect(cache.holding(left[1]) == nil)
        #expect(cache.holding(left[0]) != nil)
    }

    private func rate(_ perSecond: Int, burst: Int) throws -> RateSettings {
        let line = "signature_failures_per_second \(perSecond) burst=\(burst);\n"
        let conf = Kit.preamble + "route / { upstream one; access public; }"
        return try #require(try Kit.settings(line + conf).signatureFailureBudget)
    }

    private func address(_ text: String) throws -> IPAddress {
        try #require(IPAddress(text))
    }

    private func instant(_ seconds: Double) -> Instant {
        Instant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test
    func budgetIsUsedUpAndComesBack() throws {
        let rate = try rate(2, burst: 4)
        var budget = VerificationBudget(
            rate,
            workerCount: 2,
            addressCountMax: 10,
            now: instant(0)
        )
        let one = try address("192.0.2.1")
        for _ in 0..<2 {
            #expect(budget.allows(one, at: instant(0)))
            budget.charge(one, at: instant(0))
        }
        #expect(!budget.allows(one, at: instant(0)))
        #expect(budget.allows(try address("192.0.2.2"), at: instant(0)))
        #expect(!budget.allows(one, at: instant(0.9)) && budget.allows(one, at: instant(1)))
        #expect(!budget.allows(one, at: instant(-5)), "a clock that goes back gives nothing")
    }

    @Test
    func networkOfIPv6SharesABudget() throws {
        var budget = VerificationBudget(
            try rate(1, burst: 1),
            workerCount: 1,
            addressCountMax: 10,
            now: instant(0)
        )
        budget.charge(try address("2001:db8::1"), at: instant(0))
        #expect(!budget.allows(try address("2001:db8::ffff:2"), at: instant(0)))
        #expect(budget.allows(try address("2001:db8:0:1::1"), at: instant(0)))
    }

    @Test
    func addressesBeyondTheBoundShareOne() throws {
        var budget = VerificationBudget(
            try rate(1, burst: 3),
            workerCount: 1,
            addressCountMax: 2,
            now: instant(0)
        )
        var allowed = 0
        for index in 1...100 {
            let one = try address("198.51.100.\(index)")
            if budget.allows(one, at: instant(0)) {
                allowed += 1
                budget.charge(one, at: instant(0))
            }
        }
        #expect(allowed == 2 + 3)
        // Those that have filled up again make room.
        budget.charge(try address("198.51.100.200"), at: instant(10))
        #expect(budget.allows(try address("198.51.100.201"), at: instant(10)))
    }
}

extension VerifiedTokenCache {
    /// What is held for the bytes of a proof.
    func holding(_ token: VerifiedToken) -> VerifiedToken? {
        let bytes = token.bytes
        return find(bytes.span)
    }
}

/// Numbers that are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
