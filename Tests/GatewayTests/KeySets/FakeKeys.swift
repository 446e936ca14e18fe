import EventLoop

@testable import Configuration
@testable import Gateway

/// A key set that is nothing but its ids.
struct FakeKeys: PublishedKeys, Equatable, ExpressibleByArrayLiteral {
    var ids: Set<String>

    init(_ ids: Set<String>) {
        self.ids = ids
    }

    init(arrayLiteral elements: String...) {
        ids = Set(elements)
    }

    func lists(_ keyID: String) -> Bool { ids.contains(keyID) }

    func hasSameKeys(as other: FakeKeys) -> Bool { ids == other.ids }
}

/// A moment so many seconds after the start of a test, on both clocks.
func moment(_ seconds: Double) -> Moment {
    Moment(
        instant: instant(seconds),
        wallTime: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000 + nanoseconds(seconds))
    )
}

/// A moment so many seconds after the start of a test.
func instant(_ seconds: Double) -> Instant {
    Instant(nanoseconds: nanoseconds(seconds))
}

/// Seconds since the start of a test.
func seconds(_ instant: Instant) -> Double {
    Double(instant.nanoseconds) / 1e9
}

private func nanoseconds(_ seconds: Double) -> Int64 {
    // Rounded: a deadline turned into seconds and back must be itself.
    Int64((seconds * 1e9).rounded())
}

extension KeySetRules {
    /// What a conf without a word about it gives: 10 min, 24 h.
    static let usual = fetched(
        .init(
            softLifetime: .seconds(600),
            staleLifetime: .seconds(86_400),
            fetchTimeout: .seconds(5),
            fetchSize: 524_288
        )
    )
}
