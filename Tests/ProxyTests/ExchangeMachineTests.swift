import Testing

@testable import Proxy

/// Every event in every state.
@Suite
struct ExchangeMachineTests {
    /// A machine in each state that can be told from another, by the events that lead there.
    private static let states: [(name: String, make: @Sendable () -> ExchangeMachine)] = [
        ("idle", { ExchangeMachine() }),
        ("deciding", { machine { _ = $0.headReceived() } }),
        ("awaiting", { machine("deciding") { _ = $0.verdictNeeded() } }),
        ("collecting", { machine("deciding") { _ = $0.consultationChosen(isRequestOpen: true) } }),
        ("consulting", { machine("deciding") { _ = $0.consultationChosen(isRequestOpen: false) } }),
        ("consulted", { machine("collecting") { _ = $0.requestEnded() } }),
        ("connecting", { machine("deciding") { _ = $0.allowed() } }),
        ("sending", { machine("connecting") { _ = $0.upstreamConnected(isRequestOpen: true) } }),
        ("sent", { machine("connecting") { _ = $0.upstreamConnected(isRequestOpen: false) } }),
        ("early", { machine("sending") { _ = $0.responseHeadReceived(isUpgrade: false) } }),
        ("relaying", { machine("sent") { _ = $0.responseHeadReceived(isUpgrade: false) } }),
        ("answering", { machine("deciding") { _ = $0.answerChosen(isRequestOpen: false) } }),
        ("dropping", { machine("deciding") { _ = $0.answerChosen(isRequestOpen: true) } }),
        ("tunnelling", { machine("sent") { _ = $0.responseHeadReceived(isUpgrade: true) } }),
        ("ended", { machine("deciding") { _ = $0.peerLeft() } }),
    ]

    private static func machine(
        _ begin: String = "idle",
        _ change: (inout ExchangeMachine) -> Void
    ) -> ExchangeMachine {
        var machine = states.first { $0.name == begin }?.make() ?? ExchangeMachine()
        change(&machine)
        return machine
    }

    private typealias Tell = @Sendable (inout ExchangeMachine) -> ExchangeMachine.Step

    private static let events: [(name: String, tell: Tell)] =
        [
            ("headReceived", { $0.headReceived() }),
            ("verdictNeeded", { $0.verdictNeeded() }),
            ("verdictArrived", { $0.verdictArrived() }),
            ("allowed", { $0.allowed() }),
            ("collection", { $0.consultationChosen(isRequestOpen: true) }),
            ("consultation", { $0.consultationChosen(isRequestOpen: false) }),
            ("answerChosen", { $0.answerChosen(isRequestOpen: false) }),
            ("upstreamConnected", { $0.upstreamConnected(isRequestOpen: false) }),
            ("failedForGood", { $0.upstreamFailed(mayRetry: false, isRequestOpen: false) }),
            ("failed", { $0.upstreamFailed(mayRetry: true, isRequestOpen: false) }),
            ("requestEnded", { $0.requestEnded() }),
            ("responseHead", { $0.responseHeadReceived(isUpgrade: false) }),
            ("upgraded", { $0.responseHeadReceived(isUpgrade: true) }),
            ("responseEnded", { $0.responseEnded() }),
            ("answerWritten", { $0.answerWritten() }),
            ("tunnelEnded", { $0.tunnelEnded() }),
            ("peerLeft", { $0.peerLeft() }),
        ]

    /// The steps that are not `none`; all others are.
    private static let steps: [String: [String: ExchangeMachine.Step]] = [
        "idle": ["headReceived": .decide, "answerChosen": .answer],
        "deciding": [
            "verdictNeeded": .ask, "allowed": .connect, "answerChosen": .answer,
            "collection": .collect, "consultation": .consult, "peerLeft": .abort,
        ],
        "collecting": ["requestEnded": .consult, "answerChosen": .answer, "peerLeft": .abort],
        "consulting": ["answerChosen": .answer, "peerLeft": .abort],
        "consulted": ["answerChosen": .answer, "peerLeft": .abort],
        "awaiting": ["verdictArrived": .decide, "answerChosen": .answer, "peerLeft": .abort],
        "connecting": [
            "answerChosen": .answer, "upstreamConnected": .sendRequest, "failedForGood": .answer,
            "failed": .connect, "peerLeft": .abort,
        ],
        "sending": [
            "answerChosen": .answer, "failedForGood": .answer, "failed": .connect,
            "responseHead": .sendHead, "upgraded": .tunnel, "peerLeft": .abort,
        ],
        "sent": [
            "answerChosen": .answer, "failedForGood": .answer, "failed": .connect,
            "responseHead": .sendHead, "upgraded": .tunnel, "peerLeft": .abort,
        ],
        "early": [
            "answerChosen": .abort, "failedForGood": .abort, "failed": .abort, "peerLeft": .abort,
        ],
        "relaying": [
            "answerChosen": .abort, "failedForGood": .abort, "failed": .abort,
            "responseEnded": .finish, "peerLeft": .abort,
        ],
        "answering": ["requestEnded": .finish, "answerWritten": .finish, "peerLeft": .abort],
        "dropping": ["requestEnded": .finish, "peerLeft": .abort],
        "tunnelling": [
            "failedForGood": .abort, "failed": .abort, "tunnelEnded": .finish, "peerLeft": .abort,
        ],
        "ended": [:],
    ]

    @Test
    func everyEventInEveryState() {
        for state in Self.states {
            for event in Self.events {
                var machine = state.make()
                let step = event.tell(&machine)
                let expected = Self.steps[state.name]?[event.name] ?? .none
                #expect(step == expected, "\(event.name) in \(state.name)")
            }
        }
    }

    @Test
    func attemptsAreCounted() {
        var machine = Self.machine("connecting") { _ in }
        #expect(machine.upstreamFailed(mayRetry: true, isRequestOpen: false) == .connect)
        _ = machine.upstreamConnected(isRequestOpen: false)
        #expect(machine.upstreamFailed(mayRetry: true, isRequestOpen: false) == .connect)
        #expect(machine.upstreamFailed(mayRetry: true, isRequestOpen: false) == .answer)
        machine.reset()
        #expect(machine.isIdle)
    }

    @Test
    func nothingFinishesTwice() {
        for state in Self.states {
            for first in Self.events {
                var machine = state.make()
                let step = first.tell(&machine)
                guard step == .finish || step == .abort else { continue }
                for second in Self.events {
                    #expect(second.tell(&machine) == .none, "\(first.name), \(second.name)")
                }
            }
        }
    }

    @Test
    func earlyResponsesLeaveTheRestToBeDropped() {
        var machine = Self.machine("early") { _ in }
        #expect(machine.responseEnded() == .none && machine.isAnswering)
        #expect(machine.requestEnded() == .finish)
    }
}
