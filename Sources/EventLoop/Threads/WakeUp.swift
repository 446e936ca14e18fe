import CLinux
import Glibc
import Synchronization

/// What another thread uses to end a loop's wait.
///
/// A signal costs one write to an eventfd, and only the first one since the loop last looked: all
/// further ones are an atomic exchange.
public final class WakeUp: Sendable {
    /// The eventfd to watch, or -1 for a kernel that asks ``isSignalled`` instead.
    let descriptor: Int32
    private let flag = Atomic<Bool>(false)

    /// Makes one that is only a flag, for simulated kernels.
    public init() {
        descriptor = -1
    }

    /// Makes one that wakes whoever waits for ``descriptor``.
    init(eventDescriptor: Int32) {
        descriptor = eventDescriptor
    }

    deinit {
        if descriptor >= 0 {
            _ = Glibc.close(descriptor)
        }
    }

    /// Makes one that wakes a ``SignalSource`` or a loop of the real kernel.
    ///
    /// - Throws: Where no descriptor is left.
    public static func make() throws(SystemFault) -> WakeUp {
        let flags = Int32(EFD_CLOEXEC | EFD_NONBLOCK)
        return WakeUp(eventDescriptor: try checked("eventfd") { eventfd(0, flags) })
    }

    /// Wakes the loop, now or as soon as it would wait: from any thread.
    public func signal() {
        let wasSignalled = flag.exchange(true, ordering: .acquiringAndReleasing)
        guard !wasSignalled, descriptor >= 0 else { return }
        // It fails only where the counter is full, and then the waiter wakes anyway.
        _ = retryingInterrupted { eventfd_write(descriptor, 1) }
    }

    /// Whether it was signalled and the signal not yet taken.
    public var isSignalled: Bool { flag.load(ordering: .acquiring) }

    /// Takes the signal: what was done before it was given is visible after.
    ///
    /// - Returns: Whether there was one.
    public func takeSignal() -> Bool {
        guard flag.load(ordering: .relaxed) else { return false }
        return flag.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// Empties the eventfd, so that a level-triggered wait does not end at once again.
    func drain() {
        guard descriptor >= 0 else { return }
        var count: eventfd_t = 0
        // SAFETY: the call writes one word, into `count`, before it returns.
        _ = retryingInterrupted { unsafe eventfd_read(descriptor, &count) }
    }
}
