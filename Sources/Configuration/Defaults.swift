/// Every value that holds where the conf says nothing, each with its reason.
///
/// There are no others: the modules below take what they are told.
public enum Defaults {
    // The file itself

    /// Beside the conf, so that a first try needs no directory of the system's.
    public static let stateDirectory = "state"
    /// Standard output: what a service manager or a container keeps without being told.
    public static let accessLog = AccessLogSettings(destination: .standardOutput, format: .json)
    /// Standard error at `info`: starts, reloads and outages are said, requests are not.
    public static let errorLog = ErrorLogSettings(destination: .standardError, level: .info)
    /// Fifty a second with 200 at once: no client with good tokens ever fails so often, and fifty
    /// RS256 checks cost a core less than 0.2 %.
    public static let signatureFailureBudget = RateSettings(perSecond: 50, burst: 200)

    // Sizes

    /// 32 KiB for a request head: large cookies pass, and a thousand slow heads cost 32 MiB.
    public static let requestHeadSize = 32 * 1_024
    /// A hundred fields: browsers and proxies together send about forty.
    public static let requestFieldCount = 100
    /// 8 KiB for a target: what servers behind us most often take.
    public static let requestTargetSize = 8 * 1_024
    /// 8 KiB for a token: larger ones pass few back ends and cost all of them.
    public static let tokenSize = 8 * 1_024
    /// 64 KiB for a response head: applications set many cookies at once, and we trust them more.
    public static let responseHeadSize = 64 * 1_024
    /// 16 384 connections: with 13 KiB for an idle one, 200 MiB at worst.
    public static let connectionCount = 16_384
    /// Ten thousand verified tokens a worker: about 20 MiB of 1 KiB tokens with their claims.
    public static let verdictCacheCount = 10_000

    // HTTP/2

    /// 128 streams a connection: a browser's page needs about a hundred, and RFC 9113 §6.5.2 advises
    /// no fewer.
    public static let http2StreamCount = 128
    /// 256 KiB a stream: 40 Mbit/s at 50 ms to the client, as much as uploads of phones and offices
    /// reach; the 64 KiB of the protocol are 10.
    public static let http2StreamWindow = 256 * 1_024
    /// 1 MiB a connection: four uploads at full speed, and the most that a peer can make us hold
    /// whatever the number of its streams.
    public static let http2ConnectionWindow = 1 << 20
    /// What nobody does so often who means well.
    public static let http2Budgets = HTTP2BudgetSettings(
        // A thousand and 100 a second: a browser cancels a page of images at once, a gRPC client
        // each call whose deadline passed; the rapid resets of attacks are 100 000 a second.
        resets: RateSettings(perSecond: 100, burst: 1_000),
        // 500 and 50 a second: clients send SETTINGS once, a PING now and then, and a
        // PRIORITY_UPDATE for some streams; each of ours costs a frame of answer at most.
        controlFrames: RateSettings(perSecond: 50, burst: 500),
        // 4000 and 1000 a second, beside those that data earns: clients open the window of each
        // new stream, and some give back every few KiB.
        windowUpdates: RateSettings(perSecond: 1_000, burst: 4_000),
        // A hundred and 10 a second: some libraries flush with an empty frame, none does it often.
        emptyFrames: RateSettings(perSecond: 10, burst: 100)
    )

    // Times

    /// Ten seconds for a head or a handshake: slow phones pass, slow-head attacks do not live.
    public static let headTimeout = Duration.seconds(10)
    /// A minute between two reads of a body, and no total, so that long uploads pass.
    public static let bodyIdleTimeout = Duration.seconds(60)
    /// 75 s between requests: longer than the minute that balancers in front keep connections.
    public static let keepAliveIdleTimeout = Duration.seconds(75)
    /// A minute without progress for a slow reader, and no total, so that streams live.
    public static let sendIdleTimeout = Duration.seconds(60)
    /// An hour of silence on a WebSocket: most send pings far more often.
    public static let upgradeIdleTimeout = Duration.seconds(3_600)
    /// Half a minute to finish what runs: shorter than the 90 s after which systemd kills.
    public static let drainTimeout = Duration.seconds(30)

    // Listeners

    /// A year of `Strict-Transport-Security`: the least that browsers' own lists ask for.
    public static let strictTransportSecurity = Duration.seconds(365 * 86_400)

    /// What peers may speak over TLS: both, HTTP/2 preferred, as every server in use has it.
    public static let protocolsOverTLS: [ListenerProtocol] = [.http2, .http11]
    /// HTTP/1.1 alone on plain listeners: what speaks HTTP/2 in the clear was told to, and so can be
    /// the listener.
    public static let protocolsInTheClear: [ListenerProtocol] = [.http11]

    // Issuers

    /// What providers sign by today; ES384 and the like are rare enough to be named.
    public static let algorithms = ["RS256", "PS256", "ES256", "EdDSA"]
    /// A minute: clocks without it drift by seconds, and a minute more of a token harms little.
    public static let clockSkew = Duration.seconds(60)
    /// Bounds of fetched key sets.
    public static let keySetPolicy = KeySetPolicySettings(
        // Ten minutes, asked for at five: providers publish a key hours before they sign by it.
        softLifetime: .seconds(600),
        // A day: an outage over a night harms nobody, a withdrawn key dies by tomorrow.
        staleLifetime: .seconds(86_400),
        // Five seconds: beyond it, exchanges that wait for the key have long been answered.
        fetchTimeout: .seconds(5),
        // 512 KiB: a hundred times the usual set.
        fetchSize: 512 * 1_024
    )

    // The authorization server

    /// In the state directory: what is backed up and moved together lies together.
    public static let storeName = "gatehouse.db"
    /// Beside the store, so that a first start needs no hand; a careful operator moves it away.
    public static let sealingKeyName = "sealing.key"
    /// P-256: signs 20 times as fast as RSA, and every library verifies it, Ed25519 not yet.
    public static let signingAlgorithm = "ES256"
    /// What can be chosen, the usual one first; and what is accepted of our own tokens, so that a
    /// change of the algorithm ends no session.
    public static let ownAlgorithms = ["ES256", "RS256", "EdDSA"]
    /// Our own tokens are made and checked by one clock.
    public static let ownClockSkew = Duration.zero
    /// A quarter: often enough that rotation is nothing special, seldom enough to be seen in a log.
    public static let keyRotation = Duration.seconds(90 * 86_400)
    /// The documented paths; the shipped client uses `/api/oauth`.
    public static let dressipiPrefix = "/oauth"
    /// Bounds against abuse.
    public static let authorizationLimits = AuthorizationLimitSettings(
        // Ten a second and 100 at once: an office behind one address comes in the morning, and a
        // flood costs no more than ten small rows a second.
        authorizeRate: RateSettings(perSecond: 10, burst: 100),
        // Fifty a second and 200 at once: a back end that refreshes every ten minutes for 30 000
        // users passes; each request costs a signature and a part of an fsync.
        tokenRate: RateSettings(perSecond: 50, burst: 200),
        // 256: as many people of one office sign in within the ten minutes that an attempt lives;
        // the eight that proxies allow are for one browser.
        pendingFlowsPerAddress: 256,
        // Three: what others allow, and what leaves 864 guesses a day to a patient attacker.
        passwordFailureCount: 3,
        // Five minutes: long for a machine, short for a person.
        passwordFailureRest: .seconds(300)
    )
    /// Half a minute: answers are lost and tabs race within seconds (others: 0 to 60 s).
    public static let refreshReuseGrace = Duration.seconds(30)
    /// The Stack dialect: its clients refresh every ten minutes and never take a new refresh token.
    public static let stackTokens = TokenSettings(
        accessTokenLifetime: .seconds(600),
        refreshTokenIdle: .seconds(30 * 86_400),
        refreshTokenLifetime: .seconds(365 * 86_400),
        rotatesRefreshTokens: false,
        refreshReuseGrace: refreshReuseGrace,
        takesParametersInQuery: false
    )
    /// Dressipi: its client refreshes only when it starts, and drops what fails.
    public static let dressipiTokens = TokenSettings(
        accessTokenLifetime: .seconds(86_400),
        refreshTokenIdle: .seconds(365 * 86_400),
        refreshTokenLifetime: .seconds(365 * 86_400),
        rotatesRefreshTokens: true,
        refreshReuseGrace: refreshReuseGrace,
        takesParametersInQuery: false
    )
    /// Plain OAuth: ten minutes, a month of silence, a quarter in all.
    public static let plainTokens = TokenSettings(
        accessTokenLifetime: .seconds(600),
        refreshTokenIdle: .seconds(30 * 86_400),
        refreshTokenLifetime: .seconds(90 * 86_400),
        rotatesRefreshTokens: true,
        refreshReuseGrace: refreshReuseGrace,
        takesParametersInQuery: false
    )
    /// Personal accounts, as the system that we are compatible with has it.
    public static let microsoftTenant = "consumers"
    /// Nobody's address is verified because we hope so.
    public static let emailVerification = EmailVerification.claimed
    /// The project of clients that name none.
    public static let projectID = "default"
    /// Linked where both addresses are verified: one person, one account.
    public static let accountMerge = AccountMerge.linkMethod
    /// Plain OAuth: what a client library speaks that was not told otherwise.
    public static let clientDialect = ClientDialect.oauth
    /// A browser's sign-in, kept alive; machines are asked for by name.
    public static let grantTypes: [GrantType] = [.authorizationCode, .refreshToken]
    /// What tokens of our own are looked for in, where a route names no header: the fields of the two
    /// dialects' clients.
    public static let ownTokenHeaders = ["x-stack-access-token", "x-dressipi-jwt"]

    // Upstreams

    /// In turn: right where servers are alike.
    public static let balance = Balance.roundRobin
    /// 64 idle connections: enough for some thousand requests a second on a near network.
    public static let keepAliveCount = 64
    /// A minute: shorter than the 75 s after which common back ends close.
    public static let upstreamKeepAliveIdle = Duration.seconds(60)
    /// Five seconds: a back end that takes longer to accept is down for its users.
    public static let connectTimeout = Duration.seconds(5)
    /// A minute for the first byte: what applications expect of proxies.
    public static let readTimeout = Duration.seconds(60)
    /// Five minutes of silence within a response: event streams send something in that time.
    public static let idleTimeout = Duration.seconds(300)
    /// The share of a server that names none.
    public static let serverWeight = 1
    /// Five failures in a row: one restart is not an outage.
    public static let ejectionFailureCount = 5
    /// Ten seconds outside: as long as a usual restart.
    public static let ejectionTime = Duration.seconds(10)
    /// Ten seconds between checks: an outage is seen in half a minute at a cost of nothing.
    public static let healthInterval = Duration.seconds(10)
    /// Two seconds: a health page that takes longer is no sign of health.
    public static let healthTimeout = Duration.seconds(2)
    /// Three failed checks in a row put a server out: one lost packet does not.
    public static let healthFall = 3
    /// Two good checks in a row bring it back: one may be the last before a crash loop's next turn.
    public static let healthRise = 2

    // Routes

    /// Nothing is open that nobody opened.
    public static let access = AccessMode.required
    /// The headers of the product's own back ends.
    public static let identityHeaderSet = IdentityHeaderSet.stack
    /// A comma between the members of an array: what `Remote-Groups` and its like use.
    public static let identitySeparator = ","
    /// No limit on bodies: they stream, and only the back end knows what it takes.
    public static let bodySizeLimit: Int? = nil

    /// Nothing outlives its token, whatever the wire; ten seconds for a client that brings a new one
    /// to open the next stream before the old one ends.
    public static let tokenExpiry = TokenExpiry.close(grace: .seconds(10))

    // Reading the conf

    /// A megabyte a file, four together, 256 files, sixteen deep: far beyond what people write.
    static let sourceLimits = SourceLimits(
        fileSize: 1 << 20,
        totalSize: 4 << 20,
        fileCount: 256,
        includeDepth: 16
    )
    /// Bytes of a secret in a file or a variable: a key of 64 KiB is not one.
    static let secretSizeMax = 64 * 1_024
    /// 32 bytes: as long as the digest of HS256 (RFC 7518 §3.2).
    static let secretSizeMin = 32
}
