/// What bounds a talk with a provider.
///
/// None is configurable: they are wide enough for every provider known, and a person waits.
enum ProviderLimits {
    /// Five seconds for one call: a provider that takes longer is down for whoever waits.
    static let callTimeout = Duration.seconds(5)
    /// Three more tries of what may be asked twice (contract, section 12.3).
    static let retryCountMax = 3
    /// 250 ms before the first of them, doubled before each further one.
    static let retryWait = Duration.milliseconds(250)
    /// Twelve seconds for a call and all its tries: browsers and people give up soon after.
    static let callTimeTotal = Duration.seconds(12)
    /// 64 KiB of a token response: the largest known, with hundreds of groups in it, have 20.
    static let tokenResponseSize = 64 * 1_024
    /// 32 KiB of an ID token: ten times a large one.
    static let idTokenSize = 32 * 1_024
    /// 64 KiB of user info: what is read is kept, sealed, with each pending code.
    static let userInfoSize = 64 * 1_024
    /// 256 KiB of a discovery document: the largest known have 10.
    static let metadataSize = 256 * 1_024
    /// Objects and arrays inside each other: real documents have five.
    static let depth = 32
    /// 60 s between the clocks of provider and gateway, as for issuers.
    static let clockSkewSeconds: Int64 = 60
    /// 255 bytes of an account's id: OpenID Connect Core §2 allows no more for `sub`.
    static let accountIDSize = 255
    /// 320 bytes of an address: 64 before the sign and 255 after it (RFC 5321 §4.5.3.1).
    static let emailSize = 320
    /// 256 bytes of a name for display: what is longer is cut.
    static let displayNameSize = 256
    /// 2 KiB of a picture's address: what browsers and proxies take everywhere.
    static let pictureURLSize = 2_048
    /// 4 KiB of a code: far beyond those of every provider known.
    static let codeSize = 4_096
    /// An hour, where a provider does not say how long its access token lives.
    static let accessTokenLifetimeSeconds: Int64 = 3_600
    /// Ten years: whatever lives longer is written down as that, so that sums cannot overflow.
    static let accessTokenLifetimeSecondsMax: Int64 = 10 * 365 * 86_400
}
