public import Access
public import Configuration
public import Cryptography
public import EventLoop
import JSON
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
        guard request.isConfidential || !request.endpoint.carriesSecrets else {
            return plainRefusal(of: request)
        }
        return switch request.endpoint.family {
        // A page like the others, that only plain OAuth leads to.
        case _ where request.endpoint == .signedOut:
            await PageEndpoints(context: context, request: request).respond()
        case .stack: await StackEndpoints(context: context, request: request).respond()
        case .dressipi: await DressipiEndpoints(context: context, request: request).respond()
        case .oauth: await OAuthEndpoints(context: context, request: request).respond()
        case .pages: await PageEndpoints(context: context, request: request).respond()
        }
    }

    /// What came in the clear is known to whoever listened: nothing is done with it.
    private func plainRefusal(of request: ControlRequest) -> ControlResponse {
        let sentence = "This is answered over https only: use \(context.settings.url)"
        let note = ControlNote(error: "invalid_request", detail: "transport.plain")
        guard !request.isNavigation else {
            var response = PageRenderer(issuerURL: context.settings.url).render(
                .error(ErrorPage(fault: .insecureConnection)),
                status: 400,
                requestID: request.requestID
            )
            response.note = note
            return response
        }
        return .json(
            ["error": "invalid_request", "error_description": .string(sentence)],
            status: 400,
            fields: [ControlField("cache-control", "no-store")],
            note: note
        )
    }
}

extension Endpoint {
    /// Whether passwords, codes or tokens cross: then never in the clear.
    var carriesSecrets: Bool {
        switch self {
        case .authorizationServerMetadata, .keySet, .openIDConfiguration, .signedOut,
            .stackCurrentProject, .stackKeySet, .styleSheet:
            false
        case .authorize, .callback, .chooseProvider, .consent, .dressipiAuthorize,
            .dressipiToken, .introspect, .logout, .revoke, .signIn, .signUp, .stackAuthorize,
            .stackCallback, .stackCrossDomainAuthorize, .stackCurrentSession,
            .stackCurrentUser, .stackSession, .stackSessionRefresh, .stackSessions, .stackToken,
            .token, .userInfo:
            true
        }
    }
}

/// What a reload must not forget: who has tried too often, and the threads that hash passwords.
public final class AuthorizationGuards: Sendable {
    let hasher: PasswordHasher
    let limits: RequestLimits
    let throttle: PasswordThrottle

    /// Nobody has tried anything yet.
    public convenience init() {
        self.init(hasher: PasswordHasher())
    }

    /// The same with a hasher of the caller's: tests hash cheaply.
    init(hasher: PasswordHasher) {
        self.hasher = hasher
        limits = RequestLimits()
        throttle = PasswordThrottle()
    }
}
