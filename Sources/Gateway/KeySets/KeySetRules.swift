import Configuration
import EventLoop

/// The times and bounds that one issuer's key set lives by.
///
/// Together they make two promises. A key is usable 35 s after the issuer has published it, however
/// many unknown ids are asked for: fetches begin at most ``bucketRefill`` apart while ids are asked
/// for, and last at most the 5 s of `fetch_timeout`. And fetches stay bounded: besides the scheduled
/// ones, ``bucketSize`` at once and one more every ``bucketRefill``.
struct KeySetRules: Hashable, Sendable {
    /// From one scheduled fetch to the next at the latest; jitter makes it shorter by up to a fifth.
    var refresh: Timeout
    /// Whether ``refresh`` is shortened at random, so that many gateways do not ask at once.
    var jitters: Bool
    /// A held set older than this is dropped; `nil` never.
    var staleLifetime: Timeout?
    /// The wait after a first failure; it doubles with each further one.
    var retryMin: Timeout
    /// The longest wait after a failure.
    ///
    /// No longer than ``bucketRefill``, so that a recovered issuer is seen within the same time,
    /// whether anybody asks or not.
    var retryMax: Timeout
    /// Fetches that unknown ids may cause at once: enough for an issuer that rotates in steps.
    var bucketSize: Int
    /// How often unknown ids may cause one fetch more.
    var bucketRefill: Timeout
    /// The least time before the last fetch in the bucket is spent on ids that a fetch did not
    /// explain, so that a flood leaves one for a real rotation a moment later.
    var floodSpacing: Timeout
    /// Exchanges that wait at once.
    var waitingMax: Int
    /// The longest that one of them waits.
    var waitMax: Timeout
    /// How long an id that a fetched set lacks is known to be unknown, from the start of that fetch.
    var memoryTime: Timeout
    /// Unknown ids that are remembered; the oldest is forgotten first.
    var memoryMax: Int

    /// The rules of a set that is fetched from the issuer.
    static func fetched(_ policy: KeySetPolicySettings) -> KeySetRules {
        var rules = common
        rules.refresh = Timeout(policy.softLifetime / 2)
        rules.staleLifetime = Timeout(policy.staleLifetime)
        return rules
    }

    /// The rules of a set in a file: looked at every second, and never dropped, because nobody but the
    /// operator can say that it is out of date.
    static let watchedFile: KeySetRules = {
        var rules = common
        rules.refresh = Timeout(.seconds(1))
        rules.jitters = false
        rules.staleLifetime = nil
        rules.retryMax = rules.retryMin
        return rules
    }()

    private static let common = KeySetRules(
        refresh: Timeout(.seconds(300)),
        jitters: true,
        staleLifetime: Timeout(.seconds(86_400)),
        retryMin: Timeout(.seconds(1)),
        retryMax: Timeout(.seconds(30)),
        bucketSize: 3,
        bucketRefill: Timeout(.seconds(30)),
        floodSpacing: Timeout(.seconds(5)),
        waitingMax: 1_000,
        waitMax: Timeout(.seconds(2)),
        memoryTime: Timeout(.seconds(30)),
        memoryMax: 4_096
    )
}
