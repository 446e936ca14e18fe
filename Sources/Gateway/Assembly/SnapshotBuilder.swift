import Access
import Configuration
import JOSE
import Proxy
import TLS
import Telemetry

/// Makes of a conf what workers decide by.
struct SnapshotBuilder {
    /// Shared by every context of the process, so that a session resumes on any worker and through
    /// reloads.
    let tickets: TicketKeys

    /// Puts a snapshot together: reads certificates, takes the keys held.
    ///
    /// - Throws: ``TLSFault`` where a certificate cannot be used.
    func make(
        _ settings: Settings,
        generation: UInt64,
        keys: [KeySetVersion]
    ) throws(TLSFault) -> Snapshot {
        Snapshot(
            settings: settings,
            settingsGeneration: generation,
            access: AccessSnapshot(settings, issuers: issuers(settings, generation, keys)),
            listenerTLS: try listenerContexts(settings),
            upstreamTLS: try upstreamContexts(settings)
        )
    }

    /// The issuers with the keys held.
    ///
    /// A proof dies with the keys or with the settings that it was made under, so both go into the
    /// generation.
    func issuers(
        _ settings: Settings,
        _ generation: UInt64,
        _ keys: [KeySetVersion]
    ) -> [Issuer] {
        settings.issuers.enumerated().map { index, issuer in
            Issuer(
                issuer,
                keySet: keySet(issuer, keys[index]),
                generation: generation << 32 | keys[index].generation
            )
        }
    }

    private func keySet(_ issuer: IssuerSettings, _ version: KeySetVersion) -> KeySet? {
        guard case .secret(let secret) = issuer.keys else { return version.keySet }
        return try? KeySet(secret: secret.bytes)
    }

    private func listenerContexts(_ settings: Settings) throws(TLSFault) -> [TLSServerContext?] {
        var contexts: [TLSServerContext?] = []
        for listener in settings.listeners {
            guard let tls = listener.tls else {
                contexts.append(nil)
                continue
            }
            var named: [(names: [String], identity: TLSIdentity)] = []
            for pair in tls.named {
                named.append((pair.names, try identity(pair.certificate)))
            }
            contexts.append(
                try TLSServerContext(
                    default: try identity(tls.certificate),
                    named: named,
                    tickets: tickets,
                    applicationProtocols: listener.protocols.flatMap(\.names)
                )
            )
        }
        return contexts
    }

    private func identity(_ settings: CertificateSettings) throws(TLSFault) -> TLSIdentity {
        try TLSIdentity(certificatePath: settings.certificatePath, keyPath: settings.keyPath)
    }

    private func upstreamContexts(_ settings: Settings) throws(TLSFault) -> [TLSClientContext?] {
        var contexts: [TLSClientContext?] = []
        for upstream in settings.upstreams {
            let needsTLS = upstream.servers.contains(where: \.isTLS)
            contexts.append(
                needsTLS
                    ? try TLSClientContext(
                        trustedCertificatesPath: upstream.trustedCertificatesPath
                    ) : nil
            )
        }
        return contexts
    }
}

extension ListenerProtocol {
    /// What ALPN calls it, and what goes with it.
    fileprivate var names: [String] {
        switch self {
        case .http11: [rawValue, "http/1.0"]
        case .http2: [rawValue]
        }
    }
}

extension MetricsLayout {
    /// The labels of a conf.
    init(_ settings: Settings) {
        self.init(
            routes: settings.routes.map(\.name),
            upstreams: settings.upstreams.map { upstream in
                UpstreamLabels(
                    name: upstream.name,
                    servers: upstream.servers.map { "\($0.host):\($0.port)" }
                )
            },
            issuers: settings.issuers.map(\.identifier),
            reasons: Reason.allCases.map { "\($0.word)" },
            upstreamErrors: UpstreamFailure.allCases.map { "\($0.word)" }
        )
    }
}
