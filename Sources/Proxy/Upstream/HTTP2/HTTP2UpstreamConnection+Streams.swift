import EventLoop
import HTTP

// The streams of a connection: their slots, and whose turn it is.

extension HTTP2UpstreamConnection {
    /// Begins a stream for an exchange.
    func open(for exchange: Exchange) -> UpstreamOpening {
        let stream = spare.popLast() ?? HTTP2UpstreamStream(worker: worker)
        let slot = freeSlots.popLast() ?? streams.count + 1
        if slot > streams.count {
            streams.append(stream)
        } else {
            streams[slot - 1] = stream
        }
        if streamCount == 0, phase == .active {
            setDeadline(nil)
        }
        streamCount += 1
        target.activeCount += 1
        stream.begin(exchange, target, on: self, slot: slot)
        return phase == .active ? .ready(stream) : .opening(stream)
    }

    /// The stream of a slot, as long as the session knows it.
    func stream(_ slot: Int) -> HTTP2UpstreamStream? {
        guard slot > 0, slot <= streams.count else { return nil }
        return streams[slot - 1]
    }

    /// Has a stream go on when the session is done.
    func touch(_ stream: HTTP2UpstreamStream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        touched.append(stream)
        worker.flushLater(self)
    }

    /// Has those go on that were touched.
    func settleTouched() {
        var position = 0
        while position < touched.count {
            let stream = touched[position]
            position += 1
            // Touched until then, so that it cannot be another's while it goes on.
            stream.settle()
            stream.isTouched = false
            if stream.slot == 0 {
                keepSpare(stream)
            }
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// The exchange of a stream is over.
    func released(_ stream: HTTP2UpstreamStream) {
        if stream.isClosed {
            free(stream)
        }
        worker.flushLater(self)
    }

    /// Forgets a stream that the session has forgotten.
    func free(_ stream: HTTP2UpstreamStream) {
        let slot = stream.slot
        guard slot > 0, !isOver else { return }
        streams[slot - 1] = nil
        freeSlots.append(slot)
        streamCount -= 1
        if !stream.isRefused || streamCount == 0 {
            isRefusing = false
        }
        stream.leaveSlot()
        if !stream.isTouched {
            keepSpare(stream)
        }
        if streamCount == 0, phase == .active {
            rest()
        }
    }

    private func keepSpare(_ stream: HTTP2UpstreamStream) {
        guard !isOver else { return stream.retire() }
        spare.append(stream)
    }

    /// Nothing is under way.
    func rest() {
        isHeldUp = false
        if allowedCount == 0 {
            leave()
        }
        if isLeaving {
            worker.flushLater(self)
        } else if target.keepsResting(self) {
            setDeadline(worker.loop.now + target.keepAliveIdle)
        } else {
            leave()
            worker.flushLater(self)
        }
    }

    /// The server allows fewer streams than were begun here: those that were not sent go to another
    /// connection, or to another server.
    ///
    /// But where it allows none, and nothing runs, another connection would have no more room: they
    /// wait as long as for a connection that is being made.
    func reviewWaiting() {
        var waiting: [HTTP2UpstreamStream] = []
        var sentCount = 0
        for case let stream? in streams where stream.id != 0 && stream.exchange != nil {
            if session.isWaiting(stream.id) {
                waiting.append(stream)
            } else {
                sentCount += 1
            }
        }
        guard allowedCount > 0 || sentCount > 0 else { return holdUp() }
        for stream in waiting {
            stream.fail(.refused)
        }
        settleTouched()
    }

    private func holdUp() {
        guard !isHeldUp, streamCount > 0 else { return }
        isHeldUp = true
        setDeadline(worker.loop.now + target.connectTimeout)
    }

    /// The server allows streams: their time begins.
    func goOn() {
        isHeldUp = false
        setDeadline(nil)
        for case let stream? in streams where stream.exchange != nil {
            stream.setDeadline(worker.loop.now + target.readTimeout)
        }
    }

    /// The server has allowed no stream in the time of a connection: it has failed as one that could
    /// not be reached.
    func giveUpWaiting() {
        for stream in streams {
            stream?.fail(.connectTimedOut)
        }
        sayGoodbye(.connectTimedOut)
    }

    /// One end of a connection is one failure of its server, however many exchanges it meets.
    func closeStreams(_ failure: UpstreamFailure) {
        let left = streams
        streams = []
        freeSlots = []
        streamCount = 0
        // A stream that is touched may have left its slot.
        let others = spare + touched.filter { $0.slot == 0 }
        spare = []
        touched = []
        for stream in others {
            stream.isTouched = false
            stream.retire()
        }
        var isBlamed = true
        for case let stream? in left {
            stream.isTouched = false
            if stream.connectionClosed(failure, isBlamed: isBlamed) {
                isBlamed = false
            }
        }
    }
}
