import Synchronization

/// What the tasks of the control plane and the transfer thread hand to each other.
///
/// Bounded: a request is taken in only while fewer than the limit are alive, from submission to
/// answer, and giving one up is noted only for a request that is alive.
final class TransferInbox: Sendable {
    private let state = Mutex(State())
    private let liveMax: Int

    /// Makes an empty inbox.
    ///
    /// - Parameter liveMax: Requests that may be waiting or under way at once.
    init(liveMax: Int) {
        self.liveMax = liveMax
    }

    /// A number that no other request of this inbox has.
    func makeNumber() -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// Takes a request in, or says why not.
    ///
    /// A refused one is not answered through its continuation.
    func submit(_ submission: Submission) -> OutboundFault? {
        state.withLock { state in
            guard !state.isClosed else { return .clientClosed }
            guard state.live.count < liveMax else { return .queueFull }
            state.live.insert(submission.number)
            state.arrived.append(submission)
            return nil
        }
    }

    /// Notes that nobody waits for the request any more.
    ///
    /// - Returns: Whether the thread must be woken.
    func giveUp(_ number: UInt64) -> Bool {
        state.withLock { state in
            guard state.live.contains(number), !state.givenUp.contains(number) else { return false }
            state.givenUp.append(number)
            return true
        }
    }

    /// Takes no more requests.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    /// Everything that arrived since the last call.
    func takeAll() -> (arrived: [Submission], givenUp: [UInt64], isClosed: Bool) {
        state.withLock { state in
            let taken = (state.arrived, state.givenUp, state.isClosed)
            state.arrived = []
            state.givenUp = []
            return taken
        }
    }

    /// Forgets a request that is about to be answered.
    func answered(_ number: UInt64) {
        state.withLock { state in
            state.live.remove(number)
            state.givenUp.removeAll { $0 == number }
        }
    }

    /// Says that the thread has ended, and lets everybody who waits for that go on.
    func threadEnded() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            let waiting = state.waitingForEnd
            state.waitingForEnd = []
            return waiting
        }
        for continuation in waiting {
            continuation.resume()
        }
    }

    /// Returns once the thread has ended.
    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded {
                    state.waitingForEnd.append(continuation)
                }
                return state.hasEnded
            }
            if hasEnded {
                continuation.resume()
            }
        }
    }
}

extension TransferInbox {
    /// One request on its way to the thread.
    struct Submission: Sendable {
        /// Names the request in ``TransferInbox/giveUp(_:)``.
        let number: UInt64
        /// What to send.
        let request: OutboundRequest
        /// When its time is over, the wait for a place included.
        let deadline: ContinuousClock.Instant
        /// Resumed exactly once, by the thread.
        let continuation: CheckedContinuation<Result<OutboundResponse, OutboundFault>, Never>
    }

    private struct State {
        var lastNumber: UInt64 = 0
        var arrived: [Submission] = []
        var givenUp: [UInt64] = []
        var live: Set<UInt64> = []
        var isClosed = false
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }
}
