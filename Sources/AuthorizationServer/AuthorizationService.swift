public import Access
public import Configuration
public import Cryptography
public import EventLoop
public import Outbound
public import Storage

/// The authorization endpoints: a whole request in, a whole response out.
///
/// A reload makes another; requests under way end with the one that they began with.
public struct AuthorizationService: Sendable {
    let context: ServerContext

    /// What it is made of.
    public struct Parts: Sendable {
        /// What the conf says.
        public var settings: AuthorizationServerSettings
        /// Where records are kept.
        public var store: Store
        /// What seals them.
        public var sealing: SealingKey
        /// What signs tokens.
        public var keys: SigningKeyRing
        /// Who asks providers.
        public var transport: any OutboundTransport
        /// Who brings revocations to the workers.
        public var revocations: any RevocationPublisher
        /// What outlives a reload: throttles and the password threads.
        public var guards: AuthorizationGuards
        /// The time of day.
        public var clock: @Sendable () -> WallTime

        /// Names all of them.
        public init(
            settings: AuthorizationServerSettings,
            store: Store,
            sealing: SealingKey,
            keys: SigningKeyRing,
            transport: any OutboundTransport,
            revocations: any RevocationPublisher,
            guards: AuthorizationGuards,
            clock: @escaping @Sendable () -> WallTime = { .now() }
        ) {
            self.settings = settings
            self.store = store
            self.sealing = sealing
            self.keys = keys
            self.transport = transport
            self.revocations = revocations
            self.guards = guards
            self.clock = clock
        }
    }

    /// Puts the parts together.
    public init(_ parts: Parts) {
        self.init(parts, random: .system)
    }

    /// The same with randomness of the caller's: for tests.
    init(_ parts: Parts, random: RandomSource) {
        context = ServerContext(
            settings: parts.settings,
            clients: ClientDirectory(parts.settings),
            store: parts.store,
            sealing: parts.sealing,
            keys: parts.keys,
            verifier: OwnTokenVerifier(ring: parts.keys, settings: parts.settings),
            providers: ProviderDirectory(
                settings: parts.settings,
                transport: parts.transport,
                now: parts.clock
            ),
            revocations: parts.revocations,
            guards: parts.guards,
            random: random,
            clock: parts.clock
        )
    }

    /// Answers a request.
    public func respond(to request: ControlRequest) async -> ControlResponse {
        switch request.endpoint.family {
        case .stack: await StackEndpoints(context: context, request: request).respond()
        case .dressipi: await DressipiEndpoints(context: context, request: request).respond()
        case .oauth: await OAuthEndpoints(context: context, request: request).respond()
        case .pages: await PageEndpoints(context: context, request: request).respond()
        }
    }
}

/// What a reload must not forget: who has tried too often, and the threads that hash passwords.
public final class AuthorizationGuards: Sendable {
    let hasher: PasswordHasher
    let limits: RequestLimits
    let throttle: PasswordThrottle

    /// Nobody has tried anything yet.
    public init() {
        hasher = PasswordHasher()
        limits = RequestLimits()
        throttle = PasswordThrottle()
    }
}
