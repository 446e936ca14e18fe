import Access
import EventLoop

// Streams are looked at when the first of them may have to end, all of them: a few nanoseconds each,
// at most once for each moment at which one ends. Beginning one costs a place in a list.

extension Worker {
    /// Streams that are ended in one turn: a write to each end of each, a millisecond together; the
    /// next ones are ended in the next turn, after who is served has been.
    private static let streamEndCountMax = 64

    /// Nothing is waited for longer: the clock of the system, by which tokens end, may be set.
    private static let streamLookInterval = Timeout(.seconds(60))

    /// Has an exchange end with its token.
    func addStream(_ exchange: Exchange) {
        guard exchange.stream.place == nil else { return }
        exchange.stream.place = streams.count
        streams.append(exchange)
    }

    /// Forgets a stream that has ended, and all that it knows of its end.
    func removeStream(_ exchange: Exchange) {
        guard let place = exchange.stream.place else { return }
        exchange.stream = StreamState()
        let last = streams.removeLast()
        if last !== exchange {
            streams[place] = last
            last.stream.place = place
        }
        if streams.isEmpty, streamsDueAt != nil {
            streamsDueAt = nil
            streamAlarm.ring(at: nil)
        }
    }

    /// Has the streams be looked at at a moment, or before.
    func lookAtStreams(by moment: Instant) {
        if let streamsDueAt, streamsDueAt <= moment { return }
        streamsDueAt = moment
        streamAlarm.ring(at: moment)
    }

    /// Whether a stream may have to end.
    var areStreamsDue: Bool {
        guard let streamsDueAt else { return false }
        return streamsDueAt <= loop.now
    }

    /// Ends the streams whose time has come.
    func endStreams() {
        streamsDueAt = nil
        var budget = Self.streamEndCountMax
        var next: Instant?
        // A copy: an exchange that ends leaves the list.
        for exchange in streams {
            guard budget > 0 else {
                lookAtStreams(by: loop.now)
                return loop.skipNextWait()
            }
            switch exchange.lookAtStream() {
            case .acted: budget -= 1
            case .later(let moment):
                if let moment {
                    next = min(next ?? moment, moment)
                }
            }
        }
        if let next {
            lookAtStreams(by: next)
        }
    }

    /// When a second since 1970 begins, or is to be asked for again.
    func moment(ofSecond second: Int64) -> Instant {
        let (left, overflow) = second.subtractingReportingOverflow(now)
        if left <= 0, !overflow { return loop.now }
        let interval = Self.streamLookInterval
        guard !overflow, left <= interval.nanoseconds / 1_000_000_000 else {
            return loop.now + interval
        }
        let begun = loop.wallTime.nanosecondsSince1970 - now * 1_000_000_000
        return loop.now + Timeout(nanoseconds: left * 1_000_000_000 - begun)
    }
}
