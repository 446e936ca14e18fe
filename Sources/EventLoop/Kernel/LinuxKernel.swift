import CLinux
import Glibc

/// The kernel of the machine: epoll, eventfd and sockets.
///
/// Belongs to one thread. A spare descriptor is kept open, to be given up for closing a connection
/// that could not be accepted for want of one.
@safe
public final class LinuxKernel: Kernel {
    private let poller: Int32
    /// Where epoll writes what it found.
    // SAFETY: allocated once in `init` with room for `eventCountMax`, freed in `deinit`, and used by
    // `poll` only, in one thread.
    private let found: UnsafeMutablePointer<epoll_event>
    private var wakeUp: WakeUp?
    /// Listening sockets that the service manager opened, used in place of opening our own.
    let inherited: [InheritedListener]
    /// -1 while given up.
    var spare: Int32

    /// Opens an epoll instance.
    ///
    /// - Parameter inherited: What ``SocketActivation/listeners()`` gave: ``listen(on:backlog:sharesPort:)``
    ///   on the address of one of them answers a duplicate of it.
    /// - Throws: Where no descriptor is left.
    public init(inherited: [InheritedListener] = []) throws(SystemFault) {
        self.inherited = inherited
        poller = try checked("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        spare = Self.openSpare()
        unsafe found = .allocate(capacity: eventCountMax)
    }

    deinit {
        unsafe found.deallocate()
        _ = Glibc.close(poller)
        if spare >= 0 {
            _ = Glibc.close(spare)
        }
    }

    /// The monotonic clock.
    public func monotonicNow() -> Instant {
        Instant(nanoseconds: Self.read(CLOCK_MONOTONIC))
    }

    /// The system's clock.
    public func wallNow() -> WallTime {
        WallTime(nanosecondsSince1970: Self.read(CLOCK_REALTIME))
    }

    /// Begins to watch a descriptor, level-triggered; its events carry `userWord`.
    public func watch(
        _ descriptor: Int32,
        _ interest: Interest,
        userWord: UInt64
    ) throws(SystemFault) {
        try control(EPOLL_CTL_ADD, descriptor, interest.systemEvents, userWord)
    }

    /// Changes what a watched descriptor is watched for.
    public func rewatch(
        _ descriptor: Int32,
        _ interest: Interest,
        userWord: UInt64
    ) throws(SystemFault) {
        try control(EPOLL_CTL_MOD, descriptor, interest.systemEvents, userWord)
    }

    /// Ends the watching; unknown descriptors are ignored.
    public func unwatch(_ descriptor: Int32) {
        // A descriptor that is not watched, or closed already, is what was asked for.
        try? control(EPOLL_CTL_DEL, descriptor, 0, 0)
    }

    /// Waits until something is ready, the time is over or the wake-up was signalled.
    ///
    /// A time-out is rounded up to milliseconds. At most 256 events are told at a time; the system
    /// hands the others out first the next time.
    public func poll(into events: inout [PollEvent], atMost limit: Timeout?) {
        events.removeAll(keepingCapacity: true)
        let milliseconds = limit.map { Int32(clamping: $0.millisecondsRoundedUp) } ?? -1
        // Not retried when interrupted: the turn that follows finds out how long is left to wait.
        let count = unsafe epoll_wait(poller, found, Int32(eventCountMax), milliseconds)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let event = unsafe found[index]
            let userWord = unsafe event.data.u64
            if userWord == wakeUpWord {
                wakeUp?.drain()
            } else {
                let readiness = unsafe Readiness(systemEvents: event.events)
                events.append(PollEvent(userWord: userWord, readiness: readiness))
            }
        }
    }

    /// Makes the eventfd that ends a wait, and watches it.
    public func makeWakeUp() throws(SystemFault) -> WakeUp {
        let wakeUp = try WakeUp.make()
        try control(
            EPOLL_CTL_ADD,
            wakeUp.descriptor,
            Interest.readable.systemEvents,
            wakeUpWord
        )
        self.wakeUp = wakeUp
        return wakeUp
    }

    /// Opens a descriptor that can be given up later; -1 where none is left.
    static func openSpare() -> Int32 {
        // SAFETY: the path is a literal that ends in NUL.
        retryingInterrupted { unsafe gatehouse_open("/dev/null", O_RDONLY, 0) }
    }

    private func control(
        _ operation: Int32,
        _ descriptor: Int32,
        _ systemEvents: UInt32,
        _ userWord: UInt64
    ) throws(SystemFault) {
        var event = unsafe epoll_event(events: systemEvents, data: epoll_data_t(u64: userWord))
        // SAFETY: the call reads the event before it returns.
        try checked("epoll_ctl") { unsafe epoll_ctl(poller, operation, descriptor, &event) }
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // SAFETY: the call writes the time before it returns; it cannot fail for these clocks.
        _ = unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Interest {
    /// The same for epoll, which tells hang-ups and errors in any case.
    fileprivate var systemEvents: UInt32 {
        var events: UInt32 = 0
        if contains(.readable) {
            events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue
        }
        if contains(.writable) {
            events |= EPOLLOUT.rawValue
        }
        return events
    }
}

extension Readiness {
    /// Reads what epoll says.
    fileprivate init(systemEvents: UInt32) {
        var readiness: Readiness = []
        if systemEvents & EPOLLIN.rawValue != 0 {
            readiness.insert(.readable)
        }
        if systemEvents & EPOLLOUT.rawValue != 0 {
            readiness.insert(.writable)
        }
        if systemEvents & EPOLLRDHUP.rawValue != 0 {
            readiness.insert(.peerFinished)
        }
        if systemEvents & EPOLLHUP.rawValue != 0 {
            readiness.insert(.hungUp)
        }
        if systemEvents & EPOLLERR.rawValue != 0 {
            readiness.insert(.failed)
        }
        self = readiness
    }
}

/// How many events one poll tells at most: a turn stays short, and 4 KiB hold them.
private let eventCountMax = 256

/// The word of the wake-up, which no registration has.
private let wakeUpWord = UInt64.max
