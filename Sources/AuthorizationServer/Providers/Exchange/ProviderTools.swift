import EventLoop
import Outbound

/// What providers work with: everything that could differ from one run to the next.
struct ProviderTools: Sendable {
    /// Who carries requests outside.
    let transport: any OutboundTransport
    /// The time of day, for `exp` and `iat`.
    let now: @Sendable () -> WallTime
    /// The monotonic clock, for ages and waits.
    let instant: @Sendable () -> Instant
    /// Waits; returns early where the task is cancelled.
    let sleep: @Sendable (Duration) async -> Void
}
