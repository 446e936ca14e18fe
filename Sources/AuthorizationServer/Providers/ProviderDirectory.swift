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
        let tools = ProviderTools(transport: transport, now: now, instant: instant, sleep: sleep)
        var providers: [String: any IdentityProvider] = [:]
        for provider in settings.providers {
            providers[provider.id] = Self.provider(provider, tools)
        }
        self.providers = providers
    }

    /// The provider of that id.
    subscript(id: String) -> (any IdentityProvider)? { providers[id] }

    private static func provider(
        _ settings: ProviderSettings,
        _ tools: ProviderTools
    ) -> (any IdentityProvider)? {
        guard let preset = ProviderPreset.of(settings) else { return nil }
        guard let traits = preset.openID else {
            return OAuthProvider(settings, preset: preset, tools: tools)
        }
        return OpenIDProvider(settings, preset: preset, traits: traits, tools: tools)
    }

    /// Sleeps on the system's clock.
    static func systemSleep(_ duration: Duration) async {
        // A cancelled sleep has nothing to report: whoever cancelled it knows.
        try? await Task.sleep(for: duration, clock: .suspending)
    }
}
