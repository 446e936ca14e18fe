public import EventLoop

/// Both clocks, read together: one for waits and ages, one for what is written down.
public struct Moment: Hashable, Sendable {
    /// The monotonic clock.
    public var instant: Instant
    /// The time of day.
    public var wallTime: WallTime

    /// Puts two readings together.
    public init(instant: Instant, wallTime: WallTime) {
        self.instant = instant
        self.wallTime = wallTime
    }
}

/// What tells the time to a part of the control plane, and wakes it.
public protocol ControlClock: Sendable {
    /// Both clocks.
    func now() -> Moment
    /// Returns at `instant` or a little later, or as soon as the task is cancelled.
    func sleep(until instant: Instant) async
}

/// The system's clocks.
public struct SystemClock: ControlClock {
    /// Makes the clock; every one is the same.
    public init() {}

    /// Both clocks of the system.
    public func now() -> Moment {
        Moment(instant: .now(), wallTime: .now())
    }

    /// Sleeps on the system's monotonic clock.
    public func sleep(until instant: Instant) async {
        let nanoseconds = max(0, instant.nanoseconds(since: .now()))
        // A cancelled sleep has nothing to report: whoever cancelled it knows.
        try? await Task.sleep(for: .nanoseconds(nanoseconds), clock: .suspending)
    }
}
