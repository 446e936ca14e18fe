import Bytes

/// What a run is about, and what may become of its requests.
enum Scenario: String, CaseIterable {
    /// The world keeps reloading, asking and draining.
    case changing
    /// Nothing fails: everything must come through.
    case clean
    /// Requests to the authorization server, of good peers and rude ones.
    case consulting
    /// Reloads and a drain with time enough: what was taken on is answered.
    case draining
    /// Key sets that are asked for.
    case errands
    /// Origins that refuse, break off and go stale.
    case failing
    /// Peers that leave, stall and send what is no request.
    case rude
    /// Too few descriptors.
    case starving

    /// Whether origins do nothing that fails a request.
    var isKind: Bool { self == .clean || self == .consulting || self == .errands }

    /// What was wrong with what a peer got.
    func judge(_ peer: any PlannedPeer) -> [String] {
        var faults: [String] = []
        for outcome in peer.outcomes {
            let request = peer.plan.requests[outcome.place]
            if let fault = judge(outcome, request, peer.plan) {
                faults.append("\(fault), \(request.summary), depth \(peer.plan.depth)")
            }
        }
        guard peer.plan.isGood, peer.fault == nil else { return faults }
        // Over HTTP/1 a request may cross the end of its connection, and nothing says so.
        let mayBeCut =
            self == .failing || self == .starving || self == .changing || self == .rude
            || self == .draining && peer.plan.http2 == nil
        if peer.lacksResponse, !mayBeCut {
            faults.append("a request without response: \(peer.state)")
        }
        return faults
    }

    private func judge(
        _ outcome: SimulatedPeer.Outcome,
        _ request: RequestPlan,
        _ peer: PeerPlan
    ) -> String? {
        if outcome.isExcused { return judgeExcused(outcome, request) }
        switch request.expected {
        case .refused(let statuses):
            let isLate = outcome.status == 408 && !peer.isGood
            // A body that grows beyond its limit is under way to an upstream by then.
            let hasFailed =
                statuses.contains(413) && judgeFailure(outcome, request) == nil
            guard statuses.contains(outcome.status) || isLate || hasFailed else {
                return "status \(outcome.status)"
            }
            guard outcome.isComplete || !peer.isGood else { return "a cut refusal" }
            return nil
        case .consulted:
            return judgeConsulted(outcome, request, peer)
        case .forwarded:
            return judgeForwarded(outcome, request, peer)
        case .tunnelled:
            if !outcome.isTunnel { return judgeFailure(outcome, request) }
            let sent = request.body
            guard sent.starts(with: outcome.body) else { return "other bytes in the tunnel" }
            if self == .clean, outcome.body != sent {
                return "\(outcome.body.count) of \(sent.count) bytes in the tunnel"
            }
            return nil
        }
    }

    /// What came before the peer itself broke off must be right.
    private func judgeExcused(
        _ outcome: SimulatedPeer.Outcome,
        _ request: RequestPlan
    ) -> String? {
        guard request.expected == .forwarded, let origin = outcome.head.value("x-origin") else {
            return nil
        }
        guard origin == "\(request.id)" else { return "the response of \(origin)" }
        let isRight = request.response.visibleBody(to: request.method).starts(with: outcome.body)
        return isRight ? nil : "another body"
    }

    private func judgeForwarded(
        _ outcome: SimulatedPeer.Outcome,
        _ request: RequestPlan,
        _ peer: PeerPlan
    ) -> String? {
        guard let origin = outcome.head.value("x-origin") else {
            return judgeFailure(outcome, request)
        }
        guard origin == "\(request.id)" else { return "the response of \(origin)" }
        let plan = request.response
        guard outcome.status == plan.status else { return "status \(outcome.status)" }
        let body = plan.visibleBody(to: request.method)
        let seen = outcome.body
        guard body.count >= seen.count,
            body.span.extracting(0..<seen.count).isEqual(to: seen.span)
        else { return "another body" }
        if outcome.isComplete {
            // Where the end of the connection is the end of the body, a cut cannot be seen.
            let isHidden =
                plan.isUntilClose && plan.cutAfter != nil && !plan.cutByReset
                || request.version == "HTTP/1.0"
            if seen.count != body.count, !isHidden {
                return "\(outcome.body.count) of \(body.count) bytes, as if whole"
            }
            let mayTrail =
                request.isHTTP2 || request.asksForTrailers && request.version == "HTTP/1.1"
            let hasTrailer = mayTrail && plan.hasTrailer(to: request.method)
            return outcome.hasTrailer == hasTrailer ? nil : "trailer \(outcome.hasTrailer)"
        }
        let mayBeCut =
            self == .changing || self == .failing || self == .rude || self == .starving
            || !peer.isGood
        return mayBeCut ? nil : "a cut response, \(outcome.body.count) of \(body.count) bytes"
    }

    /// A response of the gateway in place of the origin's.
    private func judgeFailure(
        _ outcome: SimulatedPeer.Outcome,
        _ request: RequestPlan
    ) -> String? {
        let statuses: [Int]
        switch self {
        case .clean, .draining: statuses = []
        case .consulting: statuses = [400, 408, 502, 503, 504]
        case .errands: statuses = [401, 503]
        case .failing, .starving, .changing: statuses = [401, 502, 503, 504]
        case .rude: statuses = [400, 408, 502, 503, 504]
        }
        let mayFail =
            request.mayBeRefused && outcome.status == 503
            || request.mayQueue && outcome.status == 504
        guard mayFail || statuses.contains(outcome.status) else {
            return "status \(outcome.status) of the gateway's own"
        }
        return nil
    }
}
