import Storage
import Testing

@testable import AuthorizationServer

/// The schedule as tables over time: hours count from the first key's start.
struct KeyScheduleTests {
    private static let schedule = KeySchedule(
        algorithm: "ES256",
        rotation: .seconds(100 * 3_600),
        longestTokenLifetime: .seconds(2 * 3_600)
    )

    private static func hours(_ count: Int64) -> Int64 { count * TokenKit.hour }

    private static func key(
        _ id: String,
        from: Int64,
        until: Int64? = nil,
        publishedUntil: Int64? = nil,
        algorithm: String = "ES256"
    ) -> SigningKeyRecord {
        SigningKeyRecord(
            id: id,
            realm: "server",
            algorithm: algorithm,
            sealedKey: [],
            createdAt: 0,
            signsFrom: hours(from),
            signsUntil: until.map(hours),
            publishedUntil: publishedUntil.map(hours)
        )
    }

    /// What retires a key at an hour: published for two more, and five minutes.
    private static func retired(_ id: String, at hour: Int64) -> KeySchedule.Step {
        .retire(
            id: id,
            signsUntil: hours(hour),
            publishedUntil: hours(hour + 2) + 300_000
        )
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let hour: Int64
        let keys: [SigningKeyRecord]
        let steps: [KeySchedule.Step]
        let signing: String?
    }

    @Test(arguments: Self.rows)
    func does(row: Row) {
        let now = Self.hours(row.hour)
        #expect(Self.schedule.steps(for: row.keys, at: now) == row.steps)
        #expect(KeySchedule.signingKey(of: row.keys, at: now)?.id == row.signing)
    }

    private static let rows = [
        Row(
            testDescription: "the first key signs at once",
            hour: 7,
            keys: [],
            steps: [.make(signsFrom: hours(7))],
            signing: nil
        ),
        Row(
            testDescription: "nothing to do",
            hour: 98,
            keys: [key("a", from: 0)],
            steps: [],
            signing: "a"
        ),
        Row(
            testDescription: "the next is published an hour ahead",
            hour: 99,
            keys: [key("a", from: 0)],
            steps: [.make(signsFrom: hours(100))],
            signing: "a"
        ),
        Row(
            testDescription: "it waits",
            hour: 99,
            keys: [key("a", from: 0), key("b", from: 100)],
            steps: [],
            signing: "a"
        ),
        Row(
            testDescription: "its hour comes",
            hour: 100,
            keys: [key("a", from: 0), key("b", from: 100)],
            steps: [retired("a", at: 100)],
            signing: "b"
        ),
        Row(
            testDescription: "the old one is published until its last token is dead",
            hour: 102,
            keys: [key("a", from: 0, until: 100, publishedUntil: 103), key("b", from: 100)],
            steps: [],
            signing: "b"
        ),
        Row(
            testDescription: "the old one goes",
            hour: 103,
            keys: [key("a", from: 0, until: 100, publishedUntil: 103), key("b", from: 100)],
            steps: [.delete(id: "a")],
            signing: "b"
        ),
        Row(
            testDescription: "after a long sleep the next one is published ahead all the same",
            hour: 5_000,
            keys: [key("a", from: 0)],
            steps: [.make(signsFrom: hours(5_001))],
            signing: "a"
        ),
        Row(
            testDescription: "asleep over the change: the old one signed until now for all we know",
            hour: 5_000,
            keys: [key("a", from: 4_900), key("b", from: 4_999)],
            steps: [retired("a", at: 5_000)],
            signing: "b"
        ),
        Row(
            testDescription: "another algorithm is published, then signs",
            hour: 10,
            keys: [key("a", from: 0, algorithm: "RS256")],
            steps: [.make(signsFrom: hours(11))],
            signing: "a"
        ),
        Row(
            testDescription: "a waiting key of another algorithm gives way",
            hour: 99,
            keys: [key("a", from: 0), key("b", from: 100, algorithm: "RS256")],
            steps: [retired("b", at: 99), .make(signsFrom: hours(100))],
            signing: "a"
        ),
        Row(
            testDescription: "the clock was set back: tokens are signed all the same",
            hour: 0,
            keys: [key("a", from: 1_000)],
            steps: [.make(signsFrom: hours(1))],
            signing: "a"
        ),
        Row(
            testDescription: "the clock had been years ahead: a key of that time does not block",
            hour: 50,
            keys: [key("a", from: 0), key("b", from: 90_000)],
            steps: [retired("b", at: 50)],
            signing: "a"
        ),
        Row(
            testDescription: "retired by a clock ahead, all of them: a fresh one signs at once",
            hour: 50,
            keys: [key("a", from: 0, until: 90_000, publishedUntil: 90_003)],
            steps: [.make(signsFrom: hours(50))],
            signing: nil
        ),
    ]

    @Test
    func byHandEveryOtherKeyIsRetired() {
        let keys = [
            Self.key("old", from: 0, until: 5, publishedUntil: 8),
            Self.key("gone", from: 0, until: 1, publishedUntil: 4),
            Self.key("signs", from: 5),
            Self.key("waits", from: 11),
        ]
        #expect(
            Self.schedule.stepsRotatingNow(for: keys, at: Self.hours(6)) == [
                .delete(id: "gone"), Self.retired("signs", at: 6), Self.retired("waits", at: 6),
                .make(signsFrom: Self.hours(6)),
            ]
        )
    }

    @Test
    func settingsOfAnyLengthDoNotOverflow() {
        let schedule = KeySchedule(
            algorithm: "ES256",
            rotation: .seconds(Int64.max),
            longestTokenLifetime: .seconds(Int64.max)
        )
        let keys = [Self.key("a", from: 0), Self.key("b", from: 1)]
        #expect(
            schedule.steps(for: keys, at: Self.hours(2)) == [
                .retire(id: "a", signsUntil: Self.hours(2), publishedUntil: .max)
            ]
        )
    }
}
