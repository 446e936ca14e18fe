/// Numbers that are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 ^ 0xD1B5_4A32_D192_ED03
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Whether something of this likelihood happens now.
    mutating func happens(_ percent: Int) -> Bool {
        percent > 0 && Int(next() % 100) < percent
    }

    /// A number of the range.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// One of these.
    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int(next() % UInt64(elements.count))]
    }

    /// A size: mostly small, sometimes around the size of a buffer, rarely large.
    mutating func bodySize() -> Int {
        switch next() % 10 {
        case 0: 0
        case 1, 2, 3, 4: number(1...300)
        case 5, 6: number(300...20_000)
        case 7, 8: number(60_000...70_000)
        default: number(70_000...260_000)
        }
    }

    /// Bytes of which no two windows are alike.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let start = number(0...(Self.pool.count - count))
        return Array(Self.pool[start..<(start + count)])
    }

    private static let pool: [UInt8] = {
        var random = SeededGenerator(seed: 1)
        var made: [UInt8] = []
        for _ in 0..<40_000 {
            var word = random.next()
            for _ in 0..<8 {
                made.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return made
    }()
}
