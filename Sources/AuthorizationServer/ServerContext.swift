import Bytes
import Configuration
import Cryptography
import EventLoop
import JSON
import Storage

/// What flows, grants and endpoints work with: the conf, the store, the keys, the clock.
///
/// A value; a reload makes another, and what runs keeps the one that it began with.
struct ServerContext: Sendable {
    let settings: AuthorizationServerSettings
    let clients: ClientDirectory
    let store: Store
    let sealing: SealingKey
    let keys: SigningKeyRing
    let verifier: OwnTokenVerifier
    let providers: ProviderDirectory
    let revocations: any RevocationPublisher
    let guards: AuthorizationGuards
    let random: RandomSource
    let clock: @Sendable () -> WallTime

    /// Milliseconds since 1970, as records have them.
    var now: Int64 { clock().nanosecondsSince1970 / 1_000_000 }

    /// Seals a value for the store.
    func seal(_ object: JSONObject, for purpose: SealPurpose) -> [UInt8] {
        var text: [UInt8] = []
        object.write(into: &text)
        return sealing.seal(text.span, for: purpose.rawValue)
    }

    /// Opens what ``seal(_:for:)`` made; `nil` where it is damaged or another key's.
    func open(_ sealed: [UInt8], for purpose: SealPurpose) -> JSONObject? {
        guard let text = sealing.open(sealed.span, for: purpose.rawValue),
            case .object(let object)? = try? JSONValue.parse(text.span, limits: Self.sealedLimits)
        else { return nil }
        return object
    }

    /// A provider's claims may nest; they were bounded when they were read.
    private static let sealedLimits = JSONLimits(size: 1_048_576, depth: 32)
}

/// What is sealed, so that one thing cannot stand in for another.
enum SealPurpose: String {
    case browserIdentity = "browser-identity"
    case code
    case flow
    case providerTokens = "provider-tokens"
    case signOut = "sign-out"
}

/// Brings revocations to every worker; committed before, answered after.
public protocol RevocationPublisher: Sendable {
    /// Returns when no decision that starts from then on takes a token of these sessions.
    ///
    /// - Parameters:
    ///   - ids: Session ids, or `jti`s of tokens without a session.
    ///   - expiry: The second since 1970 when their last token is dead.
    func publish(_ ids: [String], expiry: Int64) async
}
