import Access
import Configuration
import Cryptography
import EventLoop
import JOSE
import JSON
import Synchronization
import Telemetry

@testable import Proxy

/// Confs, keys and snapshots of these tests.
enum Kit {
    /// The settings of a conf, which must be a good one.
    static func settings(_ conf: String) -> Settings {
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", conf)
        files.add("keys.json", "{}")
        let loaded = ConfigurationLoader(
            files: files,
            environment: [:],
            inspector: TrustingInspector(),
            processorCount: 1
        ).load(path: "gateway.conf")
        guard let settings = loaded.settings else {
            preconditionFailure("\(loaded.diagnostics)")
        }
        return settings
    }

    /// A snapshot, with these keys for each issuer.
    static func snapshot(
        _ settings: Settings,
        generation: UInt64,
        keySets: [KeySet?]
    ) -> Snapshot {
        let issuers = zip(settings.issuers, keySets).map {
            Issuer($0, keySet: $1, generation: generation)
        }
        return Snapshot(
            settings: settings,
            settingsGeneration: generation,
            access: AccessSnapshot(settings, issuers: issuers),
            listenerTLS: settings.listeners.map { _ in nil },
            upstreamTLS: settings.upstreams.map { _ in nil }
        )
    }

    /// Counters of one worker.
    static func metrics(_ settings: Settings) -> WorkerMetrics {
        let layout = MetricsLayout(
            routes: settings.routes.map(\.name),
            upstreams: settings.upstreams.map { upstream in
                MetricsLayout.UpstreamLabels(
                    name: upstream.name,
                    servers: upstream.servers.map { "\($0.host):\($0.port)" }
                )
            },
            issuers: settings.issuers.map(\.identifier),
            reasons: Reason.allCases.map { "\($0.word)" },
            upstreamErrors: UpstreamFailure.allCases.map { "\($0.word)" }
        )
        let registry = MetricsRegistry(
            build: MetricsRegistry.BuildLabels(version: "0", revision: "0"),
            startSeconds: 0
        )
        return registry.adopt(layout, workerCount: 1)[0]
    }

    /// Three keys: known from the start, known later, never known.
    static let keys: [PrivateKey] = (0..<3).compactMap { _ in
        try? PrivateKey.generate(.p256)
    }

    /// The set of some of them.
    static func keySet(_ indexes: [Int]) -> KeySet {
        KeySet(
            indexes.map {
                JSONWebKey(
                    keyID: "k\($0)",
                    algorithm: .es256,
                    material: .publicKey(keys[$0].publicKey)
                )
            }
        )
    }

    /// A token of one of the two issuers, signed with one of the keys.
    static func token(
        issuer: String,
        key: Int,
        subject: String,
        expiry: Int64 = 4_000_000_000,
        session: String? = nil
    )
        -> String
    {
        var claims: JSONObject = [
            "iss": .string(issuer), "sub": .string(subject), "aud": "api",
            "exp": .integer(expiry), "scope": "read",
        ]
        if let session {
            claims["refresh_token_id"] = .string(session)
        }
        guard
            let signer = try? TokenSigner(
                privateKey: keys[key],
                algorithm: .es256,
                keyID: "k\(key)",
                type: "JWT"
            ), let token = try? signer.sign(claims)
        else { preconditionFailure() }
        return String(decoding: token, as: UTF8.self)
    }

    /// Where errands go, for somebody to look at.
    final class Desk: ErrandDesk {
        private let waiting = Mutex<[Errand]>([])
        let limit: Int

        init(limit: Int = 1 << 20) {
            self.limit = limit
        }

        func post(_ errand: Errand) -> Bool {
            waiting.withLock { waiting in
                guard waiting.count < limit else { return false }
                waiting.append(errand)
                return true
            }
        }

        func takeAll() -> [Errand] {
            waiting.withLock { waiting in
                defer { waiting.removeAll() }
                return waiting
            }
        }
    }

    /// Says nothing.
    struct Reporter: WorkerReporter {
        func handshakeFailed(_ peer: SocketAddress, _ detail: String) {}
        func listenFailed(_ address: SocketAddress, _ fault: SystemFault) {}
        func outOfDescriptors() {}
    }
}
