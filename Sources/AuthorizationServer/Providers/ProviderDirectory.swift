import Configuration
import EventLoop
import Outbound

/// The providers of the conf by their ids, without `local`.
///
/// Nothing is asked of any of them until somebody signs in there, and none waits for another: a
/// provider that is down stops nobody else.
struct ProviderDirectory: Sendable {
    private let providers: [String: any IdentityProvider]

    /// Makes ready what the conf names.
    init(
        settings: AuthorizationServerSettings,
        transport: any OutboundTransport,
        now: @escaping @Sendable () -> WallTime = { .now() },
        instant: @escaping @Sendable () -> Instant = { .now() },
        sleep: @escaping @Sendable (Duration) async -> Void = Self.systemSleep
    ) {
        providers = [:]
    }

    /// The provider of that id.
    subscript(id: String) -> (any IdentityProvider)? { providers[id] }

    /// Sleeps on the system's clock.
    static func systemSleep(_ duration: Duration) async {
        // A cancelled sleep has nothing to report: whoever cancelled it knows.
        try? await Task.sleep(for: duration, clock: .suspending)
    }
}
