import Bytes
import EventLoop

/// A kernel of the tests: its clock goes on only by waiting, and its events are those it is given.
final class ScriptedKernel: Kernel {
    /// What the loop told the kernel to watch.
    enum Call: Equatable {
        case rewatch(Int32, Interest)
        case unwatch(Int32)
        case watch(Int32, Interest)
    }

    struct Watched {
        var interest: Interest
        var userWord: UInt64
    }

    var time = Instant(nanoseconds: 1_000_000_000)
    var wall = WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000)
    var watched: [Int32: Watched] = [:]
    var calls: [Call] = []
    /// The limits of all polls so far.
    var waits: [Timeout?] = []
    var watchFault: SystemFault?
    let wakeUp = WakeUp()
    private var queue: [PollEvent] = []

    /// Makes the next poll tell that a descriptor is ready, if it is watched.
    func announce(_ descriptor: Int32, _ readiness: Readiness) {
        guard let entry = watched[descriptor] else { return }
        queue.append(PollEvent(userWord: entry.userWord, readiness: readiness))
    }

    /// Makes the next poll tell an event as it stands.
    func announce(userWord: UInt64, _ readiness: Readiness) {
        queue.append(PollEvent(userWord: userWord, readiness: readiness))
    }

    func monotonicNow() -> Instant { time }

    func wallNow() -> WallTime { wall }

    func watch(_ descriptor: Int32, _ interest: Interest, userWord: UInt64) throws(SystemFault) {
        if let watchFault {
            throw watchFault
        }
        calls.append(.watch(descriptor, interest))
        watched[descriptor] = Watched(interest: interest, userWord: userWord)
    }

    func rewatch(_ descriptor: Int32, _ interest: Interest, userWord: UInt64) throws(SystemFault) {
        if let watchFault {
            throw watchFault
        }
        calls.append(.rewatch(descriptor, interest))
        watched[descriptor] = Watched(interest: interest, userWord: userWord)
    }

    func unwatch(_ descriptor: Int32) {
        calls.append(.unwatch(descriptor))
        watched[descriptor] = nil
    }

    func poll(into events: inout [PollEvent], atMost limit: Timeout?) {
        waits.append(limit)
        events.removeAll(keepingCapacity: true)
        swap(&events, &queue)
        guard events.isEmpty, !wakeUp.isSignalled, let limit else { return }
        time = time + limit
    }

    func receive(_: Int32, into _: inout ByteBuffer, atMost _: Int) -> IOOutcome { .wouldBlock }

    func send(_: Int32, _: Span<UInt8>) -> IOOutcome { .wouldBlock }

    func send(_: Int32, _: Span<UInt8>, _: Span<UInt8>) -> IOOutcome { .wouldBlock }

    func listen(
        on _: SocketAddress,
        backlog _: Int,
        sharesPort _: Bool
    ) throws(SystemFault) -> Int32 { 3 }

    func accept(_: Int32) -> AcceptOutcome { .wouldBlock }

    func connect(to _: SocketAddress) -> ConnectOutcome { .inProgress(4) }

    func connectFault(_: Int32) -> SystemFault? { nil }

    func shutdownSending(_: Int32) {}

    func close(_: Int32) {}

    func localAddress(_: Int32) -> SocketAddress? { nil }

    func makeWakeUp() throws(SystemFault) -> WakeUp { wakeUp }
}
