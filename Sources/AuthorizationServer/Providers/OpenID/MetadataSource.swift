import Configuration
import Outbound

/// Where a provider's metadata comes from: the preset and the conf alone, or discovery beneath them.
struct MetadataSource: Sendable {
    private let settings: ProviderSettings
    private let preset: ProviderPreset
    private let traits: OpenIDTraits
    private let discovery: RenewedDocument<DiscoveredMetadata>?

    /// Decides whether the provider must be asked at all; it is not asked yet.
    init(
        _ settings: ProviderSettings,
        preset: ProviderPreset,
        traits: OpenIDTraits,
        tools: ProviderTools
    ) {
        self.settings = settings
        self.preset = preset
        self.traits = traits
        guard let place = Self.discoveryURL(settings, preset) else {
            discovery = nil
            return
        }
        let issuer = settings.issuer
        discovery = RenewedDocument(
            rules: .init(softLifetime: RenewalTimes.metadata, staleLifetime: nil),
            instant: tools.instant
        ) {
            await Self.fetch(place, issuer: issuer, tools: tools)
        }
    }

    /// The metadata; discovered again where it is old.
    func current() async throws(ProviderFault) -> ProviderMetadata {
        try merge(await discovery?.current().document)
    }

    /// The place that the conf names, or the one below the issuer where endpoints are missing.
    private static func discoveryURL(
        _ settings: ProviderSettings,
        _ preset: ProviderPreset
    ) -> String? {
        if let place = settings.discovery {
            return place
        }
        guard settings.kind == .openID, let issuer = settings.issuer else { return nil }
        let isComplete =
            settings.authorizationEndpoint != nil && settings.tokenEndpoint != nil
            && settings.keySetURL != nil
        guard !isComplete else { return nil }
        return (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer)
            + DiscoveredMetadata.wellKnownPath
    }

    @concurrent
    private static func fetch(
        _ place: String,
        issuer: String?,
        tools: ProviderTools
    ) async -> Result<DiscoveredMetadata, ProviderFault> {
        do throws(ProviderFault) {
            guard let endpoint = ProviderEndpoint(place, allowsPlain: true) else {
                throw .broken(detail: "discovery: neither https, nor http to loopback")
            }
            let request = ProviderCalls.request(endpoint, sizeMax: ProviderLimits.metadataSize)
            let answer = try await ProviderCalls(tools: tools).ask(request, what: "discovery")
            guard answer.status == 200 else {
                throw .broken(detail: "discovery: \(place): status \(answer.status)")
            }
            return .success(
                try DiscoveredMetadata(answer.body, place: endpoint, issuer: issuer)
            )
        } catch {
            return .failure(error)
        }
    }

    /// The conf's word before discovery's, and that before the preset's.
    private func merge(_ found: DiscoveredMetadata?) throws(ProviderFault) -> ProviderMetadata {
        ProviderMetadata(
            issuers: issuers(found),
            authorizationEndpoint: try endpoint(
                "authorization_endpoint",
                settings.authorizationEndpoint,
                found,
                found?.authorizationEndpoint,
                preset.authorizationEndpoint
            ),
            tokenEndpoint: try endpoint(
                "token_endpoint",
                settings.tokenEndpoint,
                found,
                found?.tokenEndpoint,
                preset.tokenEndpoint
            ),
            userInfoEndpoint: try userInfoEndpoint(found),
            keySetURL: try endpoint(
                "jwks_uri",
                settings.keySetURL,
                found,
                found?.keySetURL,
                traits.keySetURL
            ),
            authentication: found?.authentication ?? preset.authentication,
            sendsIssuer: found?.sendsIssuer ?? false
        )
    }

    /// Where accounts are read from user info alone, only the preset's place has what is read.
    private func userInfoEndpoint(
        _ found: DiscoveredMetadata?
    ) throws(ProviderFault) -> ProviderEndpoint? {
        let document = traits.readsUserInfoOnly ? nil : found
        return try optionalEndpoint(
            "userinfo_endpoint",
            settings.userInfoEndpoint,
            document,
            document?.userInfoEndpoint,
            preset.userInfoEndpoint
        )
    }

    private func issuers(_ found: DiscoveredMetadata?) -> [IssuerPattern] {
        if let issuer = settings.issuer {
            return [IssuerPattern(issuer)]
        }
        return found.map { [$0.issuer] } ?? traits.issuers
    }

    private func endpoint(
        _ name: String,
        _ written: String?,
        _ document: DiscoveredMetadata?,
        _ discovered: String?,
        _ preset: String
    ) throws(ProviderFault) -> ProviderEndpoint {
        let known = preset.isEmpty || document != nil ? nil : preset
        guard let found = try optionalEndpoint(name, written, document, discovered, known) else {
            throw .broken(detail: "\(name): neither the conf nor discovery names one")
        }
        return found
    }

    /// A document that came over TLS cannot send the gateway to services of its own machine; what the
    /// operator writes can, and so can a document from there.
    private func optionalEndpoint(
        _ name: String,
        _ written: String?,
        _ document: DiscoveredMetadata?,
        _ discovered: String?,
        _ preset: String?
    ) throws(ProviderFault) -> ProviderEndpoint? {
        let isPlainFine = written != nil || discoversInPlain
        let known = document != nil ? discovered : preset
        guard let text = written ?? known else { return nil }
        guard let endpoint = ProviderEndpoint(text, allowsPlain: isPlainFine) else {
            throw .broken(detail: "\(name): neither https, nor http to loopback where that is good")
        }
        return endpoint
    }

    private var discoversInPlain: Bool {
        Self.discoveryURL(settings, preset)
            .flatMap { ProviderEndpoint($0, allowsPlain: true) }?.isPlain ?? false
    }
}
