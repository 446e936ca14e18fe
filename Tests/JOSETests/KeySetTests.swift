import Bytes
import Cryptography
import JOSE
import JSON
import Testing

struct KeySetTests {
    /// The members of a good public key of the kind.
    private func members(_ kind: KeyKind) throws -> JSONObject {
        let key = try #require(Fixtures.privateKeys[kind]).publicKey
        return try #require(
            JSONWebKey(keyID: nil, algorithm: nil, material: .publicKey(key)).json()
        ).with("use", nil)
    }

    private func set(_ keys: JSONObject...) throws -> KeySet {
        try keySet("{\"keys\":[\(keys.map(\.text).joined(separator: ","))]}")
    }

    @Test(arguments: KeyKind.allCases)
    func readsWhatItWrites(kind: KeyKind) throws {
        let key = try #require(Fixtures.privateKeys[kind]).publicKey
        let algorithm = try #require(Algorithm.allCases.first { $0.scheme.keyKind == kind })
        let written = KeySet([
            JSONWebKey(keyID: "a \"b\"", algorithm: algorithm, material: .publicKey(key)),
            JSONWebKey(keyID: nil, algorithm: nil, material: .publicKey(key)),
        ])
        var bytes: [UInt8] = []
        written.write(into: &bytes)
        let read = try KeySet(
            parsing: bytes.span,
            limits: JSONLimits(size: bytes.count, depth: 3)
        )
        #expect(read == written)
        #expect(read.fingerprint() == written.fingerprint())
    }

    @Test
    func acceptsWhatIssuersAdd() throws {
        let key = try members(.rsa).with("use", "sig").with("key_ops", ["verify"])
            .with("alg", "RS256").with("kid", "1").with("x5t", "abc").with("x5c", ["MIIB"])
            .with("issuer", "https://x").with("ext", true).with("nbf", 1)
        let set = try set(key)
        #expect(set.skipped.isEmpty)
        #expect(set.keys.map(\.keyID) == ["1"])
        #expect(set.keys.map(\.algorithm) == [.rs256])
    }

    @Test
    func aSingleKeyIsASetOfOne() throws {
        let set = try keySet(try members(.ed25519).text)
        #expect(set.keys.count == 1)
    }

    @Test(arguments: [
        ("", KeySetFault.json(.truncated)), ("[]", .notAnObject), ("null", .notAnObject),
        ("{}", .keysMissing), (#"{"keys":{}}"#, .keysNotAnArray),
        (#"{"keys":null}"#, .keysNotAnArray),
        (#"{"keys":[],"keys":[]}"#, .json(.duplicateName)),
        ("{\"keys\":[]} x", .json(.trailingBytes)),
        ("<html></html>", .json(.syntax)),
    ])
    func refusesWhatIsNoSet(text: String, fault: KeySetFault) {
        #expect(throws: fault) { try keySet(text) }
        #expect(!"\(fault)".isEmpty)
    }

    @Test
    func boundsTheSizeOfASet() throws {
        let text = "{\"keys\":[]}" + String(repeating: " ", count: 100)
        let bytes = utf8(text)
        #expect(throws: KeySetFault.json(.tooLarge)) {
            try KeySet(parsing: bytes.span, limits: JSONLimits(size: 110, depth: 4))
        }
        #expect(try KeySet(parsing: bytes.span, limits: JSONLimits(size: 111, depth: 4)).isEmpty)
    }

    @Test
    func skipsEachBadKeyForItsReason() throws {
        let rsa = try members(.rsa)
        let curve = try members(.p256)
        let edwards = try members(.ed25519)
        let zeros = JSONValue.string(String(repeating: "A", count: 43))
        let cases: [(JSONObject, KeySkipReason)] = [
            (rsa.with("use", "enc"), .use), (rsa.with("use", .null), .use),
            (rsa.with("use", "SIG"), .use), (rsa.with("use", ["sig"]), .use),
            (rsa.with("key_ops", ["encrypt"]), .operations), (rsa.with("key_ops", []), .operations),
            (rsa.with("key_ops", "verify"), .operations),
            (rsa.with("key_ops", ["sign"]), .operations),
            (rsa.with("alg", "RSA-OAEP"), .algorithm), (rsa.with("alg", "ES256"), .algorithm),
            (rsa.with("alg", "none"), .algorithm), (rsa.with("alg", .null), .algorithm),
            (rsa.with("alg", "HS256"), .algorithm), (curve.with("alg", "ES384"), .algorithm),
            (curve.with("alg", "RS256"), .algorithm), (edwards.with("alg", "ES256"), .algorithm),
            (rsa.with("kid", 1), .keyID), (rsa.with("kid", .null), .keyID),
            (rsa.with("kty", nil), .type), (rsa.with("kty", "rsa"), .type),
            (rsa.with("kty", 1), .type), (rsa.with("kty", "AKP"), .type),
            (["kty": "oct", "k": zeros], .secret),
            (rsa.with("d", "AQAB"), .privatePart), (curve.with("d", zeros), .privatePart),
            (edwards.with("d", zeros), .privatePart),
            (rsa.with("n", nil), .coding), (rsa.with("n", 5), .coding),
            (rsa.with("e", "AQAB="), .coding), (rsa.with("e", "+/"), .coding),
            (rsa.with("n", "AQAB"), .size), (rsa.with("n", ""), .size),
            (rsa.with("e", "AQ"), .exponent), (rsa.with("e", "Ag"), .exponent),
            (rsa.with("e", ""), .exponent), (rsa.with("e", "AQAAAAE"), .exponent),
            (rsa.with("n", .string(Examples.rocaModulus)), .roca),
            (curve.with("crv", "secp256k1"), .curve), (curve.with("crv", nil), .curve),
            (curve.with("crv", "P-384"), .point), (curve.with("x", zeros), .point),
            (curve.with("x", ""), .coding), (curve.with("y", nil), .coding),
            (edwards.with("crv", "X25519"), .curve), (edwards.with("crv", "Ed448"), .curve),
            (edwards.with("x", zeros), .point), (edwards.with("x", "AA"), .coding),
        ]
        for (key, reason) in cases {
            let set = try set(key.with("note", 1), edwards)
            #expect(set.keys.count == 1, "\(key.text)")
            #expect(set.skipped.map(\.reason) == [reason], "\(key.text)")
        }
        let all = try set(cases[0].0.with("kid", "enc-1"))
        #expect(all.isEmpty)
        #expect(all.skipped.map(\.keyID) == ["enc-1"])
        #expect(
            try keySet("{\"keys\":[1,null,[]]}").skipped.map(\.reason) == [
                .coding, .coding, .coding,
            ]
        )
    }

    @Test
    func coordinatesWithoutTheirLeadingZerosAreRead() throws {
        // The key on P-521 of RFC 7515 A.4, whose y begins with a zero byte, without it.
        let whole = try #require(
            try keySet(
                #"{"kty":"EC","crv":"P-521","x":"\#(Examples.es512X)","y":"\#(Examples.es512Y)"}"#
            ).keys.first
        )
        guard case .publicKey(let key) = whole.material,
            case .elliptic(_, _, let y) = key.parameters
        else {
            Issue.record("not elliptic")
            return
        }
        #expect(y.first == 0)
        let short = Base64URL.encode(y.span.extracting(1..<y.count)).span.text()
        let set = try keySet(
            #"{"kty":"EC","crv":"P-521","x":"\#(Examples.es512X)","y":"\#(short)"}"#
        )
        #expect(set.keys == [whole])
    }

    @Test
    func theSameKeyCountsOnce() throws {
        let key = try members(.p256).with("kid", "1")
        let twice = try set(key, key, key.with("kid", "2"))
        #expect(twice.keys.map(\.keyID) == ["1", "2"])
        #expect(twice.skipped.map(\.reason) == [.duplicate])
    }

    @Test
    func boundsTheNumberOfKeys() throws {
        let key = try members(.ed25519)
        let many = (0..<700).map { key.with("kid", .string("k\($0)")).text }
        let set = try keySet("{\"keys\":[\(many.joined(separator: ","))]}")
        #expect(set.keys.count == KeySet.keyCountMax)
        #expect(set.skipped.count == KeySet.skippedCountMax)
        #expect(set.skipped.allSatisfy { $0.reason == .count })
    }

    @Test
    func aSecretIsLongEnoughAndServesHS256Only() throws {
        #expect(throws: KeySetFault.secretTooShort) {
            try KeySet(secret: [UInt8](repeating: 1, count: 31))
        }
        let set = try KeySet(secret: Fixtures.secret)
        let key = try #require(set.keys.first)
        for algorithm in Algorithm.allCases {
            #expect((key.misfit(with: algorithm) == nil) == (algorithm == .hs256))
        }
        #expect(key.json() == nil)
        #expect(!String(reflecting: key.material).contains("90"))
        var bytes: [UInt8] = []
        set.write(into: &bytes)
        #expect(bytes == utf8("{\"keys\":[]}"))
    }

    @Test
    func readsOnePublicKeyInPEM() throws {
        let key = try #require(Fixtures.privateKeys[.p384]).publicKey
        let pem = try key.pem()
        let set = try KeySet(pem: pem.span)
        #expect(set.keys.map(\.material) == [.publicKey(key)])
        #expect(throws: KeySetFault.key(.keyMalformed)) { try KeySet(pem: utf8("nothing").span) }
    }

    @Test
    func fingerprintsTellContentsApart() throws {
        let rsa = try members(.rsa).with("kid", "1")
        let curve = try members(.p256).with("kid", "2")
        let print = try set(rsa, curve).fingerprint()
        #expect(try set(curve, rsa).fingerprint() == print)
        for other in [
            try set(rsa), try set(rsa.with("kid", "x"), curve),
            try set(rsa.with("kid", nil), curve),
            try set(rsa.with("alg", "RS256"), curve),
            try set(rsa.with("kid", "2"), curve.with("kid", "1")),
        ] {
            #expect(other.fingerprint() != print)
        }
    }

    @Test
    func mergingPrefersTheNewer() throws {
        let old = try set(try members(.rsa).with("kid", "1"), try members(.p256).with("kid", "2"))
        let new = try set(
            try members(.ed25519).with("kid", "1"),
            try members(.p384).with("kid", "3")
        )
        let merged = new.merging(older: old)
        #expect(merged.keys.map(\.keyID) == ["1", "3", "2"])
        #expect(merged.keys.first == new.keys.first)
        #expect(new.merging(older: new) == new)
    }
}

struct KeyLookupTests {
    private func key(
        _ kind: KeyKind,
        _ keyID: String?,
        _ algorithm: Algorithm? = nil
    ) throws
        -> JSONWebKey
    {
        let key = try #require(Fixtures.privateKeys[kind]).publicKey
        return JSONWebKey(keyID: keyID, algorithm: algorithm, material: .publicKey(key))
    }

    /// An RSA key other than that of ``key(_:_:_:)``.
    private func otherKey(_ keyID: String?, _ algorithm: Algorithm?) throws -> JSONWebKey {
        let members = #"{"kty":"RSA","e":"AQAB","n":"\#(Examples.rs256Modulus)"}"#
        let material = try #require(try keySet(members).keys.first).material
        return JSONWebKey(keyID: keyID, algorithm: algorithm, material: material)
    }

    private func header(_ algorithm: String, _ keyID: String?) throws -> TokenHeader {
        var object: JSONObject = ["alg": .string(algorithm)]
        object["kid"] = keyID.map { .string($0) }
        let bytes = try token(header: object.text, claims: "{}")
        return try TokenHeader(
            CompactToken(bytes.span, sizeMax: 1 << 16),
            ignoringHeaderKeys: false
        )
    }

    private func fault(_ set: KeySet, _ algorithm: String, _ keyID: String?) throws -> TokenFault? {
        let header = try header(algorithm, keyID)
        do throws(TokenFault) {
            _ = try set.key(for: header)
            return nil
        } catch {
            return error
        }
    }

    @Test
    func namesMatchExactly() throws {
        let set = KeySet([try key(.rsa, "a"), try key(.p256, "b"), try key(.p384, "")])
        #expect(try set.key(for: header("RS256", "a")) == set.keys[0])
        #expect(try set.key(for: header("ES256", "b")) == set.keys[1])
        #expect(try set.key(for: header("ES384", "")) == set.keys[2])
        for unknown in ["A", "a ", "aa", "c", "a\u{301}"] {
            #expect(try fault(set, "RS256", unknown) == TokenFault(.keyUnknown, .headerKeyID))
        }
    }

    @Test
    func theKeyMustFitTheAlgorithm() throws {
        let set = KeySet([
            try key(.rsa, "rsa"), try key(.rsa, "rs", .rs256), try key(.p256, "ec"),
            try key(.ed25519, "ed"),
        ])
        #expect(try fault(set, "PS512", "rsa") == nil)
        #expect(try fault(set, "RS256", "rs") == nil)
        #expect(try fault(set, "PS256", "rs") == TokenFault(.keyUnsuitable, .keyAlgorithm))
        #expect(try fault(set, "RS512", "rs") == TokenFault(.keyUnsuitable, .keyAlgorithm))
        #expect(try fault(set, "ES256", "rsa") == TokenFault(.keyUnsuitable, .keyType))
        #expect(try fault(set, "RS256", "ec") == TokenFault(.keyUnsuitable, .keyType))
        #expect(try fault(set, "ES384", "ec") == TokenFault(.keyUnsuitable, .keyCurve))
        #expect(try fault(set, "EdDSA", "ec") == TokenFault(.keyUnsuitable, .keyCurve))
        #expect(try fault(set, "HS256", "rsa") == TokenFault(.keyUnsuitable, .keyType))
        #expect(try fault(set, "none", "rsa") == TokenFault(.algorithmNotAllowed, .headerAlgorithm))
    }

    @Test
    func aSkippedKeyIsUnsuitableAndNotUnknown() throws {
        let text = try #require(try key(.rsa, "enc").json()).with("use", "enc").text
        let good = try #require(try key(.p256, "ec").json()).text
        let set = try keySet("{\"keys\":[\(text),\(good)]}")
        #expect(try fault(set, "RS256", "enc") == TokenFault(.keyUnsuitable, .keyUse))
        #expect(try fault(set, "RS256", "other") == TokenFault(.keyUnknown, .headerKeyID))
        let only = try keySet("{\"keys\":[\(text)]}")
        #expect(try fault(only, "RS256", nil) == TokenFault(.keyUnsuitable, .keyUse))
        #expect(try fault(only, "RS256", "x") == TokenFault(.keyUnknown, .headerKeyID))
    }

    @Test
    func withoutANameTheOneKeyThatFits() throws {
        let set = KeySet([try key(.rsa, "a"), try key(.p256, "b"), try key(.p384, nil)])
        #expect(try set.key(for: header("RS256", nil)) == set.keys[0])
        #expect(try set.key(for: header("ES384", nil)) == set.keys[2])
        #expect(try fault(set, "EdDSA", nil) == TokenFault(.keyUnsuitable, .keyType))
        let two = KeySet([try key(.rsa, "a"), try otherKey("b", .rs256)])
        #expect(try fault(two, "RS256", nil) == TokenFault(.keyUnsuitable, .keyAmbiguous))
        #expect(try two.key(for: header("PS256", nil)) == two.keys[0])
        let same = KeySet([try key(.rsa, "a"), try key(.rsa, "b", .rs256)])
        #expect(try same.key(for: header("RS256", nil)) == same.keys[0])
        #expect(try fault(KeySet([]), "RS256", nil) == TokenFault(.keyUnknown, .headerKeyID))
        #expect(try fault(KeySet([]), "RS256", "a") == TokenFault(.keyUnknown, .headerKeyID))
    }

    @Test
    func keysWithoutNamesServeAnyNameOnlyAmongThemselves() throws {
        let unnamed = KeySet([try key(.rsa, nil), try key(.p256, nil)])
        #expect(try unnamed.key(for: header("ES256", "whatever")) == unnamed.keys[1])
        let mixed = KeySet([try key(.rsa, nil), try key(.p256, "a")])
        #expect(try fault(mixed, "RS256", "whatever") == TokenFault(.keyUnknown, .headerKeyID))
    }

    @Test
    func oneNameForTwoKeysIsAmbiguousOnlyWhereBothFit() throws {
        let set = KeySet([try key(.rsa, "a"), try key(.p256, "a"), try otherKey("a", .ps256)])
        #expect(try set.key(for: header("ES256", "a")) == set.keys[1])
        #expect(try set.key(for: header("RS256", "a")) == set.keys[0])
        #expect(try fault(set, "PS256", "a") == TokenFault(.keyUnsuitable, .keyAmbiguous))
    }
}
