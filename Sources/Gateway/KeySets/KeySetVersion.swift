public import EventLoop
public import JOSE

/// What the workers verify one issuer's tokens with, as of one moment.
public struct KeySetVersion: Sendable {
    /// The keys, or `nil` where none are held: before the first fetch, and after an outage longer than
    /// `stale_lifetime`.
    public var keySet: KeySet?
    /// Grows with each change of the contents, and with their loss; zero is before any.
    public var generation: UInt64
    /// When the issuer last confirmed the keys; 1970 where none are held.
    public var fetchedAt: WallTime

    /// Puts a version together.
    public init(keySet: KeySet?, generation: UInt64, fetchedAt: WallTime) {
        self.keySet = keySet
        self.generation = generation
        self.fetchedAt = fetchedAt
    }
}

/// What an exchange that asked for an unknown key is told.
public enum KeyAnswer: Sendable {
    /// The set lists the key now: verify with this version.
    case refreshed(KeySetVersion)
    /// No keys are held: 503 `keys_unavailable`, with this much in `Retry-After`.
    case unavailable(retryAfter: Duration)
    /// Keys are held and lack this one: 401 `key_unknown`.
    case unknown
}

/// Who brings changed keys to the workers.
public protocol KeySetPublisher: Sendable {
    /// The keys of an issuer are others now, or are gone.
    ///
    /// Called for one change after the other; while a call lasts, later changes of one issuer become
    /// one.
    func keySetChanged(issuer: Int, version: KeySetVersion) async
}

/// How one issuer's key set is, for metrics and readiness.
public struct KeySetStatus: Sendable, Hashable {
    /// The index in ``Configuration/Settings/issuers``.
    public var issuer: Int
    /// The issuer's `iss`.
    public var identifier: String
    /// The keys held; zero where none are.
    public var keyCount: Int
    /// ``KeySetVersion/generation``.
    public var generation: UInt64
    /// How long ago the issuer confirmed the keys, or `nil` where none are held.
    public var age: Duration?
    /// How long until the keys are dropped if the issuer stays away, or `nil` where they are not.
    public var timeUntilDropped: Duration?
    /// Fetches that failed since the last one that did not.
    public var failureCount: Int
    /// Why the last fetch failed, or `nil` where it did not.
    public var lastFault: String?
    /// Fetches that brought keys, since the start.
    public var fetchCount: UInt64
    /// Fetches that did not, since the start.
    public var fetchFailureCount: UInt64
    /// Exchanges that wait for a fetch.
    public var waitingCount: Int
}

extension KeySetVersion {
    /// No keys at all, before any were asked for.
    static let absent = KeySetVersion(
        keySet: nil,
        generation: 0,
        fetchedAt: WallTime(nanosecondsSince1970: 0)
    )
}
