import EventLoop
import Testing

@testable import Gateway

/// Hours of an issuer's life, played through on a clock of their own: rotations, outages, slowness,
/// floods, all drawn from a seed.
///
/// After every event the promises must hold.
struct KeySetPromiseTests {
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func promisesHoldThroughEverything(seed: UInt64) {
        var life = IssuerLife(seed: seed, hours: 2, hasLongOutage: false)
        life.run()
        #expect(life.broken.isEmpty, "seed \(seed): \(life.broken.prefix(5))")
        #expect(life.rotationCount > 5)
        #expect(life.refusedCount + life.acceptedCount > 5_000)
        #expect(life.fetchCount > 20)
    }

    @Test(arguments: 101...103 as ClosedRange<UInt64>)
    func aDayWithoutTheIssuerAndNoLonger(seed: UInt64) {
        var life = IssuerLife(seed: seed, hours: 54, hasLongOutage: true)
        life.run()
        #expect(life.broken.isEmpty, "seed \(seed): \(life.broken.prefix(5))")
        #expect(life.dropCount == 1, "seed \(seed)")
    }
}

/// The issuer, those who ask, and the machine between them.
private struct IssuerLife {
    private(set) var broken: [String] = []
    private(set) var rotationCount = 0
    private(set) var acceptedCount = 0
    private(set) var refusedCount = 0
    private(set) var fetchCount = 0
    private(set) var dropCount = 0

    private var random: SeededRandom
    private var machine: Machine
    private let end: Double
    private let hasLongOutage: Bool

    private var now = 0.0
    private var published: [String: Double] = ["key0": -1_000]
    private var lastKey = 0
    private var health = Health.well
    private var wellSince = -1_000.0
    private var isFlooding = false
    private var nextRotation = 60.0
    private var nextWeather = 100.0
    private var nextAsk = 0.0
    private var nextFlood = Double.infinity
    private var fetch: Fetch?
    private var fetchBegins: [Double] = []
    private var ticket: UInt64 = 0
    private var asked: [UInt64: Ask] = [:]
    private var lastGeneration: UInt64 = 0
    private var lastSuccess = 0.0
    private var lastAsked = ""
    private var stepCount = 0

    private enum Health: CaseIterable {
        case down
        case garbage
        case hanging
        case slow
        case well
    }

    private struct Fetch {
        let ends: Double
        /// What it brings: what was published when it began, the least that it may.
        let brings: Set<String>?
    }

    private struct Ask {
        let keyID: String
        let at: Double
        let mustBeKnown: Bool
    }

    init(seed: UInt64, hours: Double, hasLongOutage: Bool) {
        random = SeededRandom(seed: seed)
        machine = Machine(rules: .usual, seed: seed, now: instant(0))
        end = hours * 3_600
        self.hasLongOutage = hasLongOutage
    }

    mutating func run() {
        while now < end, broken.count < 20 {
            stepCount += 1
            guard stepCount < 3_000_000 else {
                broken.append("\(now): no end")
                return
            }
            let deadline = machine.nextDeadline(now: instant(now)).map(seconds) ?? .infinity
            let next =
                [nextRotation, nextWeather, nextAsk, nextFlood, fetch?.ends ?? .infinity, deadline]
                .min() ?? end
            now = max(now, next)
            if now >= nextRotation {
                rotate()
            } else if now >= nextWeather {
                changeWeather()
            } else if let fetch, now >= fetch.ends {
                endFetch(fetch)
            } else if now >= deadline {
                perform(machine.deadlinePassed(now: instant(now)))
            } else if now >= nextAsk {
                // A client of the issuer, with a token of any key that is published.
                nextAsk = now + Double.random(in: 0.2...1.2, using: &random) * pace
                if let key = published.keys.sorted().randomElement(using: &random) {
                    ask(key)
                }
            } else {
                nextFlood =
                    isFlooding
                    ? now + Double.random(in: 0.01...0.3, using: &random) * pace : .infinity
                ask("stranger\(Int.random(in: 0...20_000, using: &random))")
            }
            check()
        }
    }

    /// Days are played with fewer questions than hours.
    private var pace: Double { hasLongOutage ? 40 : 1 }

    private mutating func rotate() {
        nextRotation = now + Double.random(in: 20...900, using: &random) * pace / 2
        rotationCount += 1
        lastKey += 1
        published["key\(lastKey)"] = now
        if published.count > 3 || Bool.random(using: &random) {
            // Tokens of a key that was taken away are not asked for any more.
            published[published.min { $0.value < $1.value }?.key ?? ""] = nil
        }
    }

    private mutating func changeWeather() {
        if hasLongOutage, now > 7_200, now < 90_000 {
            health = .down
            nextWeather = 7_200 + 86_400 + 43_200
        } else {
            health = Health.allCases.randomElement(using: &random) ?? .well
            nextWeather = now + Double.random(in: 5...600, using: &random) * pace / 2
            if health != .well, health != .slow {
                nextWeather = min(nextWeather, now + 2_000)
            }
        }
        isFlooding = Bool.random(using: &random)
        nextFlood = isFlooding ? now : .infinity
        if health == .well || health == .slow {
            wellSince = now
        } else {
            wellSince = .infinity
        }
    }

    private mutating func ask(_ keyID: String) {
        ticket += 1
        // A held set that lists the key is all that a worker needs; it would not ask.
        if machine.held?.keys.lists(keyID) ?? false {
            acceptedCount += 1
            return
        }
        let since = max(published[keyID] ?? .infinity, wellSince)
        let mustBeKnown = now >= since + 35
        asked[ticket] = Ask(keyID: keyID, at: now, mustBeKnown: mustBeKnown)
        perform(machine.keyRequested(keyID, ticket: ticket, now: instant(now)))
    }

    private mutating func perform(_ steps: [KeySetStep]) {
        for step in steps {
            switch step {
            case .answer(let ticket, let answer): answered(ticket, answer)
            case .beginFetch: beginFetch()
            case .publish:
                if machine.held == nil {
                    dropCount += 1
                    expect(now - lastSuccess >= 86_399.999, "dropped early")
                }
            }
        }
    }

    private mutating func answered(_ ticket: UInt64, _ answer: KeySetStep.Answer) {
        guard let ask = asked.removeValue(forKey: ticket) else {
            broken.append("\(now): ticket \(ticket) answered twice")
            return
        }
        lastAsked = "\(ask.keyID) at \(ask.at)"
        expect(now - ask.at <= 2.000_001, "waited too long")
        switch answer {
        case .refreshed:
            acceptedCount += 1
            expect(machine.held?.keys.lists(ask.keyID) ?? false, "refreshed without the key")
        case .unknown:
            refusedCount += 1
            expect(machine.held != nil, "unknown without a set")
            expect(
                !ask.mustBeKnown,
                "a key published for 35 s was refused"
            )
        case .unavailable(let wait):
            refusedCount += 1
            expect(machine.held == nil, "unavailable with a set")
            expect((1...31).contains(wait), "come back at a strange time")
            expect(!ask.mustBeKnown, "a key published for 35 s was unavailable")
        }
    }

    private mutating func beginFetch() {
        expect(fetch == nil, "two fetches in flight")
        fetchCount += 1
        fetchBegins.append(now)
        let brings = Set(published.keys)
        switch health {
        case .well:
            fetch = Fetch(
                ends: now + Double.random(in: 0.005...0.5, using: &random),
                brings: brings
            )
        case .slow:
            fetch = Fetch(ends: now + Double.random(in: 0.5...4.9, using: &random), brings: brings)
        case .hanging: fetch = Fetch(ends: now + 5, brings: nil)
        case .down, .garbage:
            fetch = Fetch(ends: now + Double.random(in: 0.001...0.2, using: &random), brings: nil)
        }
    }

    private mutating func endFetch(_ ended: Fetch) {
        fetch = nil
        guard let brings = ended.brings else {
            perform(machine.fetchFailed(now: instant(now)))
            return
        }
        lastSuccess = now
        perform(machine.fetchSucceeded(FakeKeys(brings), now: moment(now)))
        expect(machine.held?.keys.ids == brings, "a fetched set did not replace the one before")
    }

    /// What must hold after every event.
    private mutating func check() {
        expect(machine.generation >= lastGeneration, "the generation went back")
        lastGeneration = machine.generation
        expect(machine.waitingCount <= 1_000, "too many wait")
        expect(asked.count == machine.waitingCount, "somebody waits for ever")
        if machine.held == nil, fetchCount > 0 {
            expect(now - lastSuccess >= 86_399.999 || lastSuccess == 0, "a set was lost")
        }
        // At most the bucket, what flows into it, and the schedule with its retries.
        while let first = fetchBegins.first, first < now - 300 {
            fetchBegins.removeFirst()
        }
        expect(fetchBegins.count <= 3 + 10 + 8 + 20, "too many fetches in 300 s")
    }

    private mutating func expect(_ condition: Bool, _ what: StaticString) {
        if !condition {
            broken.append("\(now): \(what) \(lastAsked)")
        }
    }
}
