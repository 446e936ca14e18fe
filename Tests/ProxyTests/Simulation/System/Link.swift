/// One direction of a simulated connection: what was written, on its way, and come in.
struct Pipe {
    private var arrived: [UInt8] = []
    private var start = 0
    private var underWay: [(at: Int64, bytes: [UInt8])] = []
    private var underWayCount = 0
    private var finishAt: Int64?
    private var lastArrival: Int64 = 0
    /// Whether the reader sees the end behind what has come in.
    private(set) var isFinished = false
    /// How many bytes may be written and not yet read.
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many more bytes fit.
    var room: Int { max(0, capacity - readable - underWayCount) }

    /// How many bytes can be read now.
    var readable: Int { arrived.count - start }

    /// Whether anything was written that nobody has read.
    var holdsAnything: Bool { readable + underWayCount > 0 }

    /// When something comes in next.
    var nextArrival: Int64? { underWay.first?.at ?? finishAt }

    mutating func write(_ bytes: [UInt8], arrivingAt moment: Int64) {
        lastArrival = max(lastArrival, moment)
        underWay.append((lastArrival, bytes))
        underWayCount += bytes.count
    }

    mutating func finish(arrivingAt moment: Int64) {
        guard finishAt == nil, !isFinished else { return }
        finishAt = max(lastArrival, moment)
    }

    /// Lets in what has arrived by now.
    mutating func deliver(now: Int64) {
        while let first = underWay.first, first.at <= now {
            arrived += first.bytes
            underWayCount -= first.bytes.count
            underWay.removeFirst()
        }
        if let finishAt, finishAt <= now, underWay.isEmpty {
            isFinished = true
            self.finishAt = nil
        }
    }

    /// Loses what is still on its way.
    mutating func cut() {
        underWay.removeAll()
        underWayCount = 0
        finishAt = nil
    }

    mutating func read(atMost limit: Int) -> ArraySlice<UInt8> {
        let end = min(arrived.count, start + limit)
        let taken = arrived[start..<end]
        start = end
        if start == arrived.count {
            arrived.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 1 << 16 {
            arrived.removeFirst(start)
            start = 0
        }
        return taken
    }
}

/// A simulated connection between two ends, 0 (who began it) and 1.
final class Link {
    /// The bytes towards each end.
    var pipes: [Pipe]
    /// Whether each end has seen a reset.
    var isReset = [false, false]
    /// Whether each end was closed by its owner.
    var isClosed = [false, false]
    /// Whether each end has said that it sends no more.
    var isFinished = [false, false]
    /// The clock.
    let time: SimulatedTime
    /// Bytes take at least this long.
    let latency: Int64

    init(time: SimulatedTime, windows: [Int], latency: Int64) {
        pipes = windows.map(Pipe.init(capacity:))
        self.time = time
        self.latency = latency
    }

    var nextArrival: Int64? {
        let arrivals = pipes.compactMap(\.nextArrival)
        return arrivals.min()
    }

    func deliver() {
        pipes[0].deliver(now: time.now)
        pipes[1].deliver(now: time.now)
    }
}

/// The clock of a simulation, in nanoseconds.
final class SimulatedTime {
    var now: Int64 = 1_000_000_000
}

/// One end of a link, as its owner sees it.
struct LinkEnd {
    let link: Link
    let side: Int

    private var other: Int { 1 - side }

    /// What a read gives.
    enum ReadOutcome {
        case bytes(ArraySlice<UInt8>)
        case ended
        case nothing
        case reset
    }

    /// Reads; what came in before a reset is still there.
    func read(atMost limit: Int) -> ReadOutcome {
        if link.pipes[side].readable > 0 { return .bytes(link.pipes[side].read(atMost: limit)) }
        if link.isReset[side] { return .reset }
        return link.pipes[side].isFinished ? .ended : .nothing
    }

    /// How many bytes a write would take; `nil` after a reset.
    var room: Int? { link.isReset[side] ? nil : link.pipes[other].room }

    /// Writes all of these, which fit.
    func write(_ bytes: [UInt8]) {
        guard !link.isClosed[other] else {
            // Nobody is there any more: the answer to these bytes is a reset.
            link.isReset[side] = true
            return
        }
        link.pipes[other].write(bytes, arrivingAt: link.time.now + link.latency)
    }

    /// Sends no more.
    func finish() {
        link.isFinished[side] = true
        link.pipes[other].finish(arrivingAt: link.time.now + link.latency)
    }

    /// Closes; with bytes unread the other end sees a reset, as Linux does it.
    func close() {
        guard !link.isClosed[side] else { return }
        link.isClosed[side] = true
        if link.pipes[side].holdsAnything {
            reset()
        } else {
            finish()
        }
    }

    /// Breaks the connection: what is under way is lost.
    func reset() {
        link.isClosed[side] = true
        link.pipes[other].cut()
        link.isReset[other] = true
    }

    var isReadable: Bool {
        link.pipes[side].readable > 0 || link.pipes[side].isFinished || link.isReset[side]
    }

    var isPeerFinished: Bool { link.pipes[side].isFinished || link.isReset[side] }
}
