import CLinux
import Glibc

extension Instant {
    /// The monotonic clock, read now.
    ///
    /// For the control plane, which has no loop to ask; code on a loop reads the loop's time.
    public static func now() -> Instant {
        Instant(nanoseconds: read(CLOCK_MONOTONIC))
    }
}

extension WallTime {
    /// The system's clock, read now.
    ///
    /// For the control plane, which has no loop to ask; code on a loop reads the loop's time.
    public static func now() -> WallTime {
        WallTime(nanosecondsSince1970: read(CLOCK_REALTIME))
    }
}

/// Nanoseconds that a clock of the system shows.
private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    // SAFETY: the call writes one `timespec`, which lives here; both clocks exist on every Linux.
    _ = unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
