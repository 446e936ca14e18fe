import EventLoop

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
        guard slot > 0, phase != .closed else { return }
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
        guard phase != .closed else { return stream.retire() }
        spare.append(stream)
    }

    /// Nothing is under way.
    func rest() {
        if isLeaving {
            worker.flushLater(self)
        } else if target.keepsResting(self) {
            setDeadline(worker.loop.now + target.keepAliveIdle)
        } else {
            leave()
            worker.flushLater(self)
        }
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
