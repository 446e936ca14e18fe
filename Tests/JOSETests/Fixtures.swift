import Bytes
import Cryptography
import JOSE
import JSON
import Testing

/// The UTF-8 of a text.
func utf8(_ text: String) -> [UInt8] {
    [UInt8](text.utf8)
}

/// One key of each kind, made once for all tests, and sets and signers around them.
enum Fixtures {
    static let now: Int64 = 1_700_000_000
    static let secret = [UInt8](repeating: 0x5A, count: 32)

    static let privateKeys: [KeyKind: PrivateKey] = {
        var keys: [KeyKind: PrivateKey] = [:]
        for kind in KeyKind.allCases {
            keys[kind] = try? PrivateKey.generate(kind)
        }
        return keys
    }()

    static let policy = IssuerPolicy(
        audiences: ["orders-api", "other"],
        algorithms: AlgorithmSet(rawValue: .max),
        clockSkewSeconds: 60,
        tokenType: nil,
        ignoresHeaderKeys: false,
        acceptsIDTokens: false,
        secret: nil
    )

    static let claims: JSONObject = [
        "iss": "https://issuer.test", "sub": "user-1", "aud": "orders-api",
        "exp": .integer(now + 600), "nbf": .integer(now - 60), "iat": .integer(now - 60),
        "scope": "orders:read orders:write",
    ]

    static func privateKey(for algorithm: Algorithm) throws -> PrivateKey {
        try #require(algorithm.scheme.keyKind.flatMap { privateKeys[$0] })
    }

    static func signer(
        _ algorithm: Algorithm,
        keyID: String? = "k1",
        type: String? = "JWT"
    ) throws -> TokenSigner {
        if algorithm == .hs256 {
            let secret = try #require(SharedSecret(secret))
            return TokenSigner(secret: secret, keyID: keyID, type: type)
        }
        return try TokenSigner(
            privateKey: privateKey(for: algorithm),
            algorithm: algorithm,
            keyID: keyID,
            type: type
        )
    }

    static func keySet(_ algorithm: Algorithm, keyID: String? = "k1") throws -> KeySet {
        if algorithm == .hs256 {
            return try KeySet(secret: secret)
        }
        let key = try privateKey(for: algorithm).publicKey
        return KeySet([
            JSONWebKey(keyID: keyID, algorithm: algorithm, material: .publicKey(key))
        ])
    }

    static func policy(_ algorithm: Algorithm) -> IssuerPolicy {
        var policy = policy
        policy.secret = algorithm == .hs256 ? secret : nil
        return policy
    }
}

/// Everything that this module has to say about a token, in the order of the architecture.
///
/// - Returns: The first refusal, or `nil` for a token that passes.
func refusal(
    of token: [UInt8],
    keys: KeySet,
    policy: IssuerPolicy = Fixtures.policy,
    now: Int64 = Fixtures.now,
    sizeMax: Int = 8192
) -> TokenFault? {
    do throws(TokenFault) {
        let token = try CompactToken(token.span, sizeMax: sizeMax)
        try token.checkSignatureCoding()
        let header = try TokenHeader(token, ignoringHeaderKeys: true)
        try checkHeaderKeys(header, policy)
        let claims = try Claims(token)
        try checkAlgorithm(header, policy)
        try checkType(header, claims, policy)
        try checkAudience(claims, policy)
        try checkTimes(claims, policy, nowSeconds: now)
        let key = try keys.key(for: header)
        try SignatureCheck.checkShape(token, header, key)
        try SignatureCheck.verify(token, header, key)
        return nil
    } catch {
        return error
    }
}

/// What this module has to say about a signed text that need not be a JSON Web Token: the checks
/// without claims.
func signatureRefusal(
    of token: [UInt8],
    keys: KeySet,
    policy: IssuerPolicy = Fixtures.policy
) -> TokenFault? {
    do throws(TokenFault) {
        let token = try CompactToken(token.span, sizeMax: 1 << 20)
        let header = try TokenHeader(token, ignoringHeaderKeys: false)
        try checkAlgorithm(header, policy)
        try SignatureCheck.verify(token, header, try keys.key(for: header))
        return nil
    } catch {
        return error
    }
}

/// A token whose header and claims are these texts, signed whatever they say.
func token(
    header: String = #"{"alg":"ES256","kid":"k1"}"#,
    claims: String,
    signedWith algorithm: Algorithm = .es256
) throws -> [UInt8] {
    try Fixtures.signer(algorithm).sign(header: utf8(header).span, claims: utf8(claims).span)
}

/// The set in this text, with room to spare.
func keySet(_ text: String) throws(KeySetFault) -> KeySet {
    try KeySet(parsing: utf8(text).span, limits: JSONLimits(size: 1 << 20, depth: 16))
}

extension JSONObject {
    /// The object as a text.
    var text: String {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The object with one member replaced, added, or with `nil` removed.
    func with(_ name: String, _ value: JSONValue?) -> JSONObject {
        var copy = self
        copy[name] = value
        return copy
    }
}
