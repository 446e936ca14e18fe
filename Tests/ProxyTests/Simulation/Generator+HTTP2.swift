/// Makes peers that speak HTTP/2.
extension World {
    func makeHTTP2Peer(_ random: inout SeededGenerator, firstID: inout Int) -> PeerPlan {
        var peer = PeerPlan()
        peer.startsAt = kernel.time.now + Int64(random.number(0...20_000_000))
        peer.depth = random.one(of: [1, 3, 10, 40, 200])
        peer.readMax = random.one(of: [1 << 16, 1 << 16, 5_000, 200])
        peer.writeMax = random.one(of: [1 << 16, 1 << 16, 5_000, 60])
        peer.pausePercent = random.one(of: [0, 0, 20])
        peer.pause = Int64(random.number(1...10_000_000))
        peer.staysAtEnd = random.happens(25)
        peer.http2 = makeManner(&random)
        var count = random.one(of: [1, 2, 5, 12, 30])
        if scenario == .draining { count *= 2 }
        for _ in 0..<count {
            var request = makeRequest(&random, id: firstID, isLast: true)
            makeStream(&request, &random)
            shorten(&request, peer)
            peer.requests.append(request)
            firstID += 1
        }
        let isRude = scenario == .rude || scenario == .consulting && random.happens(40)
        if isRude, random.happens(60) {
            makeRude(&peer, &random)
        }
        return peer
    }

    private func makeManner(_ random: inout SeededGenerator) -> HTTP2PeerPlan {
        var manner = HTTP2PeerPlan()
        manner.streamWindow = random.one(of: [65_535, 65_535, 1 << 20, 16_384, 1_000, 1])
        manner.connectionWindow = random.one(of: [1 << 20, 65_535])
        manner.producesMax = random.one(of: [1 << 14, 1 << 16, 1])
        manner.cutPercent = random.one(of: [0, 50])
        manner.pingPercent = random.one(of: [0, 5])
        manner.saysGoodbye = random.happens(20)
        if random.happens(30) {
            let piece = max(500, manner.streamWindow / 3)
            manner.giving = (piece, Int64(random.one(of: [100_000, 1_000_000, 20_000_000])))
            if manner.streamWindow == 1 { manner.giving = (1, 100_000) }
        }
        if random.happens(10) { manner.goawayAfter = random.number(1...6) }
        return manner
    }

    /// Makes of a request what it is over HTTP/2.
    private func makeStream(_ plan: inout RequestPlan, _ random: inout SeededGenerator) {
        plan.isHTTP2 = true
        plan.version = "HTTP/1.1"
        plan.fields.removeAll { ["Connection", "Upgrade", "X-Hop"].contains($0.0) }
        if plan.raw != nil {
            plan.raw = nil
            plan.stream.isMalformed = true
        }
        plan.stream.pieceMax = random.one(of: [1 << 14, 1 << 14, 3_000, 100])
        plan.stream.hasTrailers = random.happens(15)
        plan.stream.endsWithHead = random.happens(50)
        if plan.expected == .tunnelled {
            plan.body = random.bytes(random.one(of: [0, 10, 5_000, 70_000]))
        }
        if random.happens(15) {
            plan.stream.rest = Int64(random.one(of: [1_000_000, 100_000_000]))
            plan.stream.pieceMax = max(plan.stream.pieceMax, plan.body.count / 20 + 1)
        }
        if scenario == .rude || scenario == .changing, random.happens(20) {
            plan.stream.cancelsAfter = Int64(random.one(of: [0, 100_000, 5_000_000, 60_000_000]))
        }
        guard scenario == .rude else { return }
        if random.happens(5) { plan.stream.isMalformed = true }
        if random.happens(5) { plan.stream.withholdsWindow = true }
        if case .length = plan.framing, random.happens(10) {
            plan.stream.lengthError = random.one(of: [1, 100, -1])
            if plan.body.isEmpty { plan.stream.lengthError = 1 }
        }
    }

    /// Keeps bodies from taking longer, byte by byte, than anybody waits for the next one of a stream.
    private func shorten(_ plan: inout RequestPlan, _ peer: PeerPlan) {
        let isSlow = peer.pausePercent > 0 && (peer.readMax <= 200 || peer.writeMax <= 60)
        var most = isSlow ? 4_000 : 300_000
        if peer.http2?.streamWindow == 1 { most = min(most, 300) }
        if peer.http2?.streamWindow == 1_000 { most = min(most, 40_000) }
        plan.body = Array(plan.body.prefix(isSlow ? 4_000 : 300_000))
        if plan.expected == .tunnelled || plan.expected == .consulted {
            plan.body = Array(plan.body.prefix(most))
        }
        plan.response.body = Array(plan.response.body.prefix(most))
        if most < 30_000, plan.target == "/text/" {
            plan.target = "/open/\(plan.id)"
            plan.expected = .forwarded
        }
        if plan.body.isEmpty { plan.expectsContinue = false }
    }
}
