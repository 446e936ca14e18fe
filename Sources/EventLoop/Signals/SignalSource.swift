import CLinux
import Glibc

/// The signals that a service is governed with.
public enum Signal: Hashable, Sendable, CaseIterable {
    /// SIGHUP: read the settings again.
    case hangUp
    /// SIGINT: somebody typed Ctrl-C.
    case interrupt
    /// SIGTERM: finish and go.
    case terminate
    /// SIGUSR1: open the logs again.
    case user1

    /// The number that the system knows it by.
    public var number: Int32 {
        switch self {
        case .hangUp: SIGHUP
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        case .user1: SIGUSR1
        }
    }

    init?(number: Int32) {
        guard let signal = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = signal
    }
}

/// Where the process's signals arrive as values, in the thread that waits for them.
///
/// Make it in the main thread before any other is started: threads inherit that these signals are
/// blocked, so that they reach nobody else. SIGPIPE is ignored from then on, for good. Equal
/// signals that nobody has taken yet are one.
public struct SignalSource: ~Copyable {
    private let descriptor: Int32

    /// Blocks the signals of ``Signal`` in this thread and begins to collect them.
    ///
    /// - Throws: Where no descriptor is left.
    public init() throws(SystemFault) {
        let numbers = Signal.allCases.map(\.number)
        // SAFETY: the callee reads as many numbers as it is told that there are.
        descriptor = try checked("signalfd") {
            unsafe gatehouse_open_signals(numbers, Int32(numbers.count))
        }
    }

    deinit {
        _ = Glibc.close(descriptor)
        let numbers = Signal.allCases.map(\.number)
        // SAFETY: the callee reads as many numbers as it is told that there are.
        _ = unsafe gatehouse_unblock_signals(numbers, Int32(numbers.count))
    }

    /// Waits for a signal, however long that takes.
    public func waitForSignal() -> Signal {
        while true {
            if let signal = wait(atMost: nil) {
                return signal
            }
        }
    }

    /// Waits for a signal, for the end of a time, or for another thread.
    ///
    /// - Parameters:
    ///   - limit: The longest wait; `nil` waits for ever.
    ///   - wakeUp: Made with ``WakeUp/make()``; signalled by a thread that has something to say. Its
    ///     signal is left for the caller to take.
    /// - Returns: The signal, or `nil` when the time is over, the wake-up was signalled, or the wait
    ///   was interrupted.
    public func wait(atMost limit: Timeout?, wakeUp: WakeUp? = nil) -> Signal? {
        if let signal = take() {
            return signal
        }
        let waker = wakeUp?.descriptor ?? -1
        var polled = InlineArray<2, pollfd>(repeating: pollfd())
        polled[0] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // A negative descriptor is one that poll passes over.
        polled[1] = pollfd(fd: waker, events: Int16(POLLIN), revents: 0)
        let milliseconds = limit.map { Int32(clamping: $0.millisecondsRoundedUp) } ?? -1
        var span = polled.mutableSpan
        // SAFETY: the call reads and writes the two entries before it returns.
        _ = unsafe span.withUnsafeMutableBufferPointer { entries in
            unsafe Glibc.poll(entries.baseAddress, 2, milliseconds)
        }
        if polled[1].revents != 0 {
            wakeUp?.drain()
        }
        return take()
    }

    private func take() -> Signal? {
        let number = retryingInterrupted { gatehouse_take_signal(descriptor) }
        return number > 0 ? Signal(number: number) : nil
    }
}
