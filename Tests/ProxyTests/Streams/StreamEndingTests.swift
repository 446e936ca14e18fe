import Testing

@testable import Proxy

/// Every event in every state.
@Suite
struct StreamEndingTests {
    private typealias Step = StreamEnding.Step

    /// A machine in each state, by the events that lead there.
    private static let states: [(name: String, make: @Sendable () -> StreamEnding)] = [
        ("none", { StreamEnding() }),
        ("eventStream", { machine { $0.begin(.eventStream) } }),
        ("gRPC", { machine { $0.begin(.gRPC) } }),
        ("other", { machine { $0.begin(.other) } }),
        ("tunnel", { machine { $0.begin(.tunnel) } }),
        ("webSocket", { machine { $0.begin(.webSocket) } }),
        ("leaving gRPC", { expired(.gRPC) }),
        ("leaving other", { expired(.other) }),
        ("leaving tunnel", { expired(.tunnel) }),
        ("leaving events", { expired(.gRPC) { $0.begin(.eventStream) } }),
        ("closing", { expired(.webSocket) }),
        ("told", { expired(.webSocket) { _ = $0.peerTold() } }),
        ("answered", { expired(.webSocket) { _ = $0.peerAnswered() } }),
        ("commenting", { expired(.eventStream) }),
        ("ended", { expired(.other) { _ = $0.gracePassed() } }),
    ]

    private static func machine(_ change: (inout StreamEnding) -> Void) -> StreamEnding {
        var machine = StreamEnding()
        change(&machine)
        return machine
    }

    private static func expired(
        _ kind: StreamEnding.Kind,
        _ change: (inout StreamEnding) -> Void = { _ in }
    ) -> StreamEnding {
        machine {
            $0.begin(kind)
            _ = $0.tokenEnded(isRevoked: false)
            change(&$0)
        }
    }

    private static let events: [(name: String, tell: @Sendable (inout StreamEnding) -> Step)] = [
        ("expired", { $0.tokenEnded(isRevoked: false) }),
        ("revoked", { $0.tokenEnded(isRevoked: true) }),
        ("told", { $0.peerTold() }),
        ("answered", { $0.peerAnswered() }),
        ("passed", { $0.gracePassed() }),
    ]

    /// The steps that are not `none`; all others are.
    private static let steps: [String: [String: Step]] = [
        "eventStream": ["expired": .writeComment, "revoked": .writeComment],
        "gRPC": ["expired": .startGrace, "revoked": .writeStatus],
        "other": ["expired": .startGrace, "revoked": .cut],
        "tunnel": ["expired": .startGrace, "revoked": .cut],
        "webSocket": ["expired": .close, "revoked": .close],
        "leaving gRPC": ["revoked": .writeStatus, "passed": .writeStatus],
        "leaving other": ["revoked": .cut, "passed": .cut],
        "leaving tunnel": ["revoked": .cut, "passed": .cut],
        "leaving events": ["revoked": .writeComment, "passed": .writeComment],
        "closing": ["passed": .cut],
        "told": ["answered": .endTunnel, "passed": .endTunnel],
        "answered": ["told": .endTunnel, "passed": .cut],
        "commenting": ["passed": .cut],
    ]

    @Test
    func everyEventInEveryState() {
        for (state, make) in Self.states {
            for (event, tell) in Self.events {
                var machine = make()
                let expected = Self.steps[state]?[event] ?? Step.none
                #expect(tell(&machine) == expected, "\(event) in \(state)")
            }
        }
    }

    /// Whatever follows, the sides are ended once, and nothing comes after.
    @Test
    func nothingFollowsTheEnd() {
        for (state, make) in Self.states {
            for (_, first) in Self.events {
                for (_, second) in Self.events {
                    var machine = make()
                    let steps = [first(&machine), second(&machine)]
                    guard let end = steps.firstIndex(where: Self.isEnd) else { continue }
                    #expect(!steps[(end + 1)...].contains { $0 != .none }, "\(state): \(steps)")
                    machine.begin(.other)
                    #expect(!machine.isRunning && machine.isPeerTold, "\(state): \(steps)")
                    #expect(Self.events.allSatisfy { $0.tell(&machine) == .none })
                }
            }
        }
    }

    private static func isEnd(_ step: Step) -> Bool {
        switch step {
        case .cut, .endTunnel, .writeStatus: true
        case .close, .none, .startGrace, .writeComment: false
        }
    }

    @Test
    func whatTheDriverAsks() {
        let states = Dictionary(uniqueKeysWithValues: Self.states.map { ($0.name, $0.make()) })
        #expect(states["webSocket"]?.isRunning == true && states["webSocket"]?.isClosing == false)
        #expect(states["closing"]?.isRunning == false && states["closing"]?.isClosing == true)
        #expect(states["closing"]?.isPeerTold == false && states["told"]?.isPeerTold == true)
        #expect(states["leaving gRPC"]?.isLeaving == true)
        #expect(states["leaving gRPC"]?.isRunning == true)
        #expect(states["leaving events"]?.isEventStream == true)
        #expect(states["eventStream"]?.isEventStream == true)
        #expect(states["commenting"]?.isEventStream == false)
    }

    /// A length that cannot be counted: nothing can be put between frames any more.
    @Test
    func withoutBoundariesItIsATunnel() {
        var machine = Self.machine { $0.begin(.webSocket) }
        machine.boundariesLost()
        #expect(machine.tokenEnded(isRevoked: false) == .startGrace)
        #expect(!machine.isRevoked && machine.gracePassed() == .cut)
        machine = Self.machine { $0.begin(.webSocket) }
        machine.boundariesLost()
        #expect(machine.tokenEnded(isRevoked: true) == .cut && machine.isRevoked)
    }
}
