/// A peer that makes requests by plan, whatever it speaks.
protocol PlannedPeer: SimulatedActor {
    var plan: PeerPlan { get }
    /// What came of each request that was answered.
    var outcomes: [SimulatedPeer.Outcome] { get }
    /// The first fault of what was read.
    var fault: String? { get }
    var isDone: Bool { get }
    /// Whether the gateway has closed, though this peer does not look.
    var isLeft: Bool { get }
    /// Whether a request has no response, and nothing on the wire has said that it would have none.
    var lacksResponse: Bool { get }
    /// What it is at, for a report.
    var state: String { get }
}

extension SimulatedPeer: PlannedPeer {
    var lacksResponse: Bool {
        let isClosedWell = outcomes.last.map { $0.head.value("connection") == "close" } ?? false
        return outcomes.count < plan.requests.count && !isClosedWell
    }
}
