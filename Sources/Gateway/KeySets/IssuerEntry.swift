import Configuration
import EventLoop
import JOSE
import Outbound

/// What the keeper holds of one issuer.
struct IssuerEntry {
    /// The issuer's block of the conf.
    let settings: IssuerSettings
    /// When to fetch, and what to answer.
    var machine: KeySetMachine<KeySet>
    /// Where the keys come from.
    var source: Source
    /// The fetch in flight.
    var fetch: Task<Void, Never>?
    /// The address of a discovered set.
    var discovered: Discovered?
    /// Counted for metrics.
    var fetchCount: UInt64 = 0
    /// Counted for metrics.
    var fetchFailureCount: UInt64 = 0
    /// Why the last fetch failed.
    var lastFault: String?

    /// Where one issuer's keys come from.
    enum Source {
        case fetched(KeySetFetcher)
        case file(WatchedKeyFile)
        /// A shared secret, or keys of our own: nothing to fetch, nothing to ask for.
        case secret
    }

    /// An address that a discovery document named.
    struct Discovered {
        /// The address.
        let url: String
        /// When it was named.
        let since: Instant
        /// Whether the last fetch from it brought keys.
        var works: Bool
    }

    /// A new issuer, or one that takes over what was held before the reload.
    init(
        _ settings: IssuerSettings,
        transport: any OutboundTransport,
        seed: UInt64,
        inherited: InheritedKeySet?,
        now: Instant
    ) {
        self.settings = settings
        source = Source(settings, transport: transport)
        let rules: KeySetRules =
            if case .file = source { .watchedFile } else { .fetched(settings.keySetPolicy) }
        // Restoring what was held counts as a change: the number is the one it had.
        let before = inherited.map { $0.held == nil ? $0.generation : $0.generation - 1 }
        machine = KeySetMachine(rules: rules, seed: seed, generation: before ?? 0, now: now)
        if let held = inherited?.held {
            _ = machine.restored(held.keys, fetchedAt: held.fetchedAt, now: now)
        }
    }

    /// The place as text: what a saved set is held against.
    var sourceText: String { settings.keySourceText }

    /// What the workers are to have.
    var version: KeySetVersion {
        KeySetVersion(
            keySet: machine.held?.keys,
            generation: machine.generation,
            fetchedAt: machine.held?.fetchedAt.wallTime ?? WallTime(nanosecondsSince1970: 0)
        )
    }

    /// The discovered address while it is young and works.
    func recentURL(at now: Instant) -> String? {
        guard let discovered, discovered.works,
            discovered.since + Timeout(settings.keySetPolicy.softLifetime) > now
        else { return nil }
        return discovered.url
    }
}

extension IssuerEntry.Source {
    fileprivate init(_ settings: IssuerSettings, transport: any OutboundTransport) {
        let policy = settings.keySetPolicy
        let keysURL: String?
        let discoveryURL: String?
        switch settings.keys {
        case .discovery(let url): (keysURL, discoveryURL) = (nil, url)
        case .url(let url): (keysURL, discoveryURL) = (url, nil)
        case .own, .secret:
            self = .secret
            return
        case .file(let path):
            self = .file(WatchedKeyFile(path: path, sizeMax: policy.fetchSize))
            return
        }
        self = .fetched(
            KeySetFetcher(
                transport: transport,
                issuer: settings.identifier,
                keysURL: keysURL,
                discoveryURL: discoveryURL,
                policy: policy
            )
        )
    }
}
