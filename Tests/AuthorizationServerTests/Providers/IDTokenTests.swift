import Bytes
import Cryptography
import JOSE
import JSON
import Testing

@testable import AuthorizationServer

/// What an ID token must be like (contract, sections 12.2 and 17-11).
struct IDTokenTests {
    private func signIn(_ token: String?) async throws -> Result<ProviderIdentity, ProviderFault> {
        let fake = try Fixtures.fake(token: token)
        return await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
    }

    @Test("A right token signs in")
    func rightTokenSignsIn() async throws {
        let identity = try await signIn(Fixtures.token()).get()
        #expect(identity.accountID == "user-1")
        #expect(identity.providerID == "corp")
        #expect(identity.tokens?.accessToken == "at-1")
        #expect(identity.tokens?.refreshToken == "rt-1")
        #expect(identity.tokens?.scopes == ["openid", "email", "profile"])
        #expect(identity.tokens?.accessTokenExpiresAt == (Fixtures.now + 300) * 1_000)
        #expect(identity.claims["nonce"] == nil)
    }

    @Test("A claim that is not this sign-in's is refused", arguments: Self.wrongClaims)
    func wrongClaimIsRefused(_ wrong: Wrong) async throws {
        let token = try Fixtures.token(wrong.changes, without: wrong.without)
        let result = try await signIn(token)
        #expect(result.isBroken(wrong.words), "\(wrong.name): \(result)")
    }

    @Test("A claim at the edge of what is right passes", arguments: Self.rightClaims)
    func rightClaimPasses(_ right: Wrong) async throws {
        let token = try Fixtures.token(right.changes, without: right.without)
        let result = try await signIn(token)
        #expect(result.fault == nil, "\(right.name)")
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var name: String
        var changes: JSONObject = [:]
        var without: [String] = []
        var words = ""
        var testDescription: String { name }
    }

    private static let wrongClaims = [
        Wrong(name: "other issuer", changes: ["iss": "https://evil.test"], words: "iss"),
        Wrong(name: "slash added", changes: ["iss": "https://id.test/"], words: "iss"),
        Wrong(name: "upper case", changes: ["iss": "https://ID.test"], words: "iss"),
        Wrong(name: "no issuer", without: ["iss"], words: "iss"),
        Wrong(name: "other audience", changes: ["aud": "other"], words: "audience_mismatch"),
        Wrong(name: "no audience", without: ["aud"], words: "claim_missing"),
        Wrong(name: "several, no azp", changes: ["aud": ["gatehouse", "other"]], words: "azp"),
        Wrong(name: "other azp", changes: ["azp": "other"], words: "azp"),
        Wrong(
            name: "several, other azp",
            changes: ["aud": ["gatehouse", "other"], "azp": "other"],
            words: "azp"
        ),
        Wrong(name: "other nonce", changes: ["nonce": "nonce-2"], words: "nonce"),
        Wrong(name: "nonce is a prefix", changes: ["nonce": "nonce-"], words: "nonce"),
        Wrong(name: "no nonce", without: ["nonce"], words: "nonce"),
        Wrong(name: "nonce is a number", changes: ["nonce": 1], words: "nonce"),
        Wrong(
            name: "expired",
            changes: ["exp": .integer(Fixtures.now - 60)],
            words: "token_expired"
        ),
        Wrong(name: "no exp", without: ["exp"], words: "claim_missing"),
        Wrong(
            name: "not yet valid",
            changes: ["nbf": .integer(Fixtures.now + 61)],
            words: "token_not_yet_valid"
        ),
        Wrong(name: "issued ahead", changes: ["iat": .integer(Fixtures.now + 61)], words: "iat"),
        Wrong(name: "no iat", without: ["iat"], words: "iat"),
        Wrong(name: "no subject", without: ["sub"], words: "sub"),
        Wrong(name: "empty subject", changes: ["sub": ""], words: "sub"),
        Wrong(
            name: "long subject",
            changes: ["sub": .string(String(repeating: "a", count: 256))],
            words: "sub"
        ),
        Wrong(
            name: "at_hash of another token",
            changes: ["at_hash": "77QmUPtjPfzWtF2AnpK9RQ"],
            words: "at_hash"
        ),
    ]

    private static let rightClaims = [
        Wrong(name: "exp within skew", changes: ["exp": .integer(Fixtures.now - 59)]),
        Wrong(name: "iat within skew", changes: ["iat": .integer(Fixtures.now + 60)]),
        Wrong(name: "nbf within skew", changes: ["nbf": .integer(Fixtures.now + 60)]),
        Wrong(name: "aud list of one", changes: ["aud": ["gatehouse"]]),
        Wrong(name: "azp ours", changes: ["aud": ["x", "gatehouse"], "azp": "gatehouse"]),
        Wrong(name: "at_hash", changes: ["at_hash": .string(Self.accessTokenHash)]),
    ]

    private static let accessTokenHash: String = {
        let digest = SHA256.digest([UInt8](Fixtures.accessToken.utf8).span)
        return Base64URL.encode(Array(digest.prefix(16)).span).span.text()
    }()

    @Test("The header `none` is refused, signed or not")
    func noneIsRefused() async throws {
        let parts = try Fixtures.token().split(separator: ".")
        let header = Base64URL.encode([UInt8](#"{"alg":"none"}"#.utf8).span).span.text()
        for token in ["\(header).\(parts[1]).", "\(header).\(parts[1]).\(parts[2])"] {
            let result = try await signIn(token)
            #expect(result.isBroken("algorithm_not_allowed"), "\(result)")
        }
    }

    @Test("HS256 is refused, with the public key as the secret and with the client's secret")
    func sharedSecretIsRefused() async throws {
        let key = try #require(Fixtures.key)
        let pem = try key.publicKey.pem()
        for secret in [pem, [UInt8](repeating: 7, count: 32)] {
            let signer = TokenSigner(
                secret: try #require(SharedSecret(secret)),
                keyID: "k1",
                type: "JWT"
            )
            let token = String(decoding: try signer.sign(Fixtures.claims), as: UTF8.self)
            let result = try await signIn(token)
            #expect(result.isBroken("algorithm_not_allowed"), "\(result)")
        }
    }

    @Test("A token of another key is refused, under our key's name, a new name and no name")
    func foreignKeyIsRefused() async throws {
        for (name, words) in [
            ("k1", "signature_invalid"), ("k2", "key_unknown"), (nil, "signature_invalid"),
        ] as [(String?, String)] {
            let token = try Fixtures.token(keyID: name, key: Fixtures.otherKey)
            let result = try await signIn(token)
            #expect(result.isBroken(words), "\(result)")
        }
    }

    @Test("A key in the token's own header is never used")
    func embeddedKeyIsNotUsed() async throws {
        let key = try #require(Fixtures.otherKey)
        let jwk = JSONWebKey(keyID: "k1", algorithm: .es256, material: .publicKey(key.publicKey))
        let header: JSONObject = [
            "alg": "ES256", "kid": "k1", "jwk": .object(try #require(jwk.json())),
        ]
        var headerBytes: [UInt8] = []
        header.write(into: &headerBytes)
        var claimBytes: [UInt8] = []
        Fixtures.claims.write(into: &claimBytes)
        let signer = try TokenSigner(privateKey: key, algorithm: .es256, keyID: nil, type: nil)
        let bytes = try signer.sign(header: headerBytes.span, claims: claimBytes.span)
        let result = try await signIn(String(decoding: bytes, as: UTF8.self))
        #expect(result.isBroken("signature_invalid"), "\(result)")
    }

    @Test("An access token, a logout token and no token are refused")
    func otherTokensAreRefused() async throws {
        for type in ["at+jwt", "logout+jwt"] {
            let result = try await signIn(Fixtures.token(type: type))
            #expect(result.isBroken("token_type_mismatch"))
        }
        #expect(try await signIn(nil).isBroken("no id_token"))
        #expect(try await signIn("").isBroken("token_malformed"))
        #expect(try await signIn("a.b.c").isBroken("token_malformed"))
        let long = String(repeating: "a", count: ProviderLimits.idTokenSize + 1)
        #expect(try await signIn(long).isBroken("token_too_large"))
    }

    @Test("A token without a name passes where one key fits, and keys without `alg` do")
    func namelessTokenPasses() async throws {
        #expect(try await signIn(Fixtures.token(keyID: nil, type: nil)).fault == nil)
    }

    @Test("A token without a name is refused where two keys fit")
    func ambiguousTokenIsRefused() async throws {
        let fake = try Fixtures.fake(token: Fixtures.token(keyID: nil))
        let keys = [
            ("k1", try #require(Fixtures.key)), ("k2", try #require(Fixtures.otherKey)),
        ]
        fake.serve(Fixtures.keysPlace, text: try Fixtures.keySet(keys))
        let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
        #expect(result.isBroken("key_unsuitable"), "\(result)")
    }

    @Test("RS256 with a key of a set of two kinds passes")
    func rsaPasses() async throws {
        let key = try #require(Fixtures.rsaKey)
        let token = try Fixtures.token(keyID: nil, key: key, algorithm: .rs256)
        let fake = try Fixtures.fake(token: token)
        let keys = [("k1", try #require(Fixtures.key)), ("r1", key)]
        fake.serve(Fixtures.keysPlace, text: try Fixtures.keySet(keys))
        let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
        #expect(result.fault == nil)
    }

    @Test("User info about somebody else is refused")
    func foreignUserInfoIsRefused() async throws {
        for userInfo in [["sub": "user-2"], [:], ["sub": 1]] as [JSONObject] {
            let fake = try Fixtures.fake(token: Fixtures.token(), userInfo: userInfo)
            let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
            #expect(result.isBroken("user info"), "\(result)")
        }
    }
}
