import Bytes
import Cryptography
import JOSE
import JSON
import Testing

struct SignatureCheckTests {
    /// A token with its signature replaced.
    private func replacing(_ token: [UInt8], signature: [UInt8]) throws -> [UInt8] {
        let dot = try #require(token.lastIndex(of: UInt8(ascii: ".")))
        return Array(token.prefix(dot + 1)) + Base64URL.encode(signature.span)
    }

    private func signature(of token: [UInt8]) throws -> [UInt8] {
        let parsed = try CompactToken(token.span, sizeMax: 1 << 16)
        return try #require(parsed.signature)
    }

    @Test(arguments: Algorithm.allCases)
    func aGoodTokenPassesEverything(algorithm: Algorithm) throws {
        for type in [nil, "JWT", "at+jwt"] {
            let token = try Fixtures.signer(algorithm, type: type).sign(Fixtures.claims)
            let keys = try Fixtures.keySet(algorithm)
            #expect(refusal(of: token, keys: keys, policy: Fixtures.policy(algorithm)) == nil)
        }
    }

    @Test(arguments: Algorithm.allCases)
    func anotherPayloadIsNotSigned(algorithm: Algorithm) throws {
        let signer = try Fixtures.signer(algorithm)
        let good = try signer.sign(Fixtures.claims)
        let other = try signer.sign(Fixtures.claims.with("sub", "admin"))
        let forged = try replacing(other, signature: signature(of: good))
        let expected = TokenFault(.signatureInvalid, .signatureMismatch)
        let keys = try Fixtures.keySet(algorithm)
        #expect(refusal(of: forged, keys: keys, policy: Fixtures.policy(algorithm)) == expected)
    }

    @Test(arguments: Algorithm.allCases)
    func signaturesOfAnotherLengthAreMalformed(algorithm: Algorithm) throws {
        let token = try Fixtures.signer(algorithm).sign(Fixtures.claims)
        let good = try signature(of: token)
        let keys = try Fixtures.keySet(algorithm)
        let policy = Fixtures.policy(algorithm)
        for wrong in [[], [UInt8](good.dropLast()), good + [0], [0] + good, good + good] {
            let changed = try replacing(token, signature: wrong)
            #expect(
                refusal(of: changed, keys: keys, policy: policy)
                    == TokenFault(.signatureMalformed, .signatureLength)
            )
        }
        let zeros = try replacing(token, signature: [UInt8](repeating: 0, count: good.count))
        #expect(
            refusal(of: zeros, keys: keys, policy: policy)
                == TokenFault(.signatureMalformed, .signatureZero)
        )
    }

    @Test(arguments: [Algorithm.es256, .es384, .es512])
    func highBytesOfPaddingAreMalformed(algorithm: Algorithm) throws {
        let token = try Fixtures.signer(algorithm).sign(Fixtures.claims)
        let good = try signature(of: token)
        let half = good.count / 2
        let padded = [0] + good.prefix(half) + [0] + good.suffix(half)
        #expect(
            refusal(
                of: try replacing(token, signature: padded),
                keys: try Fixtures.keySet(algorithm)
            ) == TokenFault(.signatureMalformed, .signatureLength)
        )
        let zeroR = [UInt8](repeating: 0, count: half) + good.suffix(half)
        #expect(
            refusal(
                of: try replacing(token, signature: zeroR),
                keys: try Fixtures.keySet(algorithm)
            ) == TokenFault(.signatureMalformed, .signatureRange)
        )
    }

    @Test
    func asn1IsMalformed() throws {
        // r = s = 1 in DER, and the same with 32 bytes each.
        let token = try Fixtures.signer(.es256).sign(Fixtures.claims)
        let one: [UInt8] = [0x02, 0x20, 0x01] + [UInt8](repeating: 7, count: 31)
        let short: [UInt8] = [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]
        for der in [short, [0x30, 0x44] + one + one, [0x30, 0x81, 0x44] + one + one] {
            #expect(
                refusal(
                    of: try replacing(token, signature: der),
                    keys: try Fixtures.keySet(.es256)
                ) == TokenFault(.signatureMalformed, .signatureDER)
            )
        }
    }

    @Test(arguments: Algorithm.allCases)
    func otherSpellingsOfTheSignatureAreMalformed(algorithm: Algorithm) throws {
        let token = try Fixtures.signer(algorithm).sign(Fixtures.claims)
        let keys = try Fixtures.keySet(algorithm)
        let expected = TokenFault(.signatureMalformed, .base64Signature)
        var spellings = [token + utf8("="), token + utf8("=="), token + utf8(" ")]
        // The last letter has unused bits in all lengths but multiples of three.
        if try signature(of: token).count % 3 != 0 {
            var respelled = token
            let last = try #require(respelled.last)
            respelled.removeLast()
            respelled.append(last == UInt8(ascii: "B") ? UInt8(ascii: "C") : last + 1)
            spellings.append(respelled)
        }
        for spelling in spellings {
            #expect(
                refusal(of: spelling, keys: keys, policy: Fixtures.policy(algorithm)) == expected
            )
            // The later check finds it as well, where the earlier was left out.
            let parsed = try CompactToken(spelling.span, sizeMax: 8192)
            let header = try TokenHeader(parsed, ignoringHeaderKeys: false)
            let key = try #require(keys.keys.first)
            #expect(throws: expected) { try SignatureCheck.checkShape(parsed, header, key) }
        }
    }

    @Test
    func noneIsNeverAccepted() throws {
        for name in ["none", "None", "NONE", "nOnE"] {
            for signature in ["", "AAAA"] {
                let head = Base64URL.encode(utf8(#"{"alg":"\#(name)","kid":"k1"}"#).span)
                let claims = Base64URL.encode(utf8(Fixtures.claims.text).span)
                let dot = UInt8(ascii: ".")
                let token = head + [dot] + claims + [dot] + utf8(signature)
                for algorithm in [Algorithm.rs256, .es256, .hs256] {
                    #expect(
                        refusal(
                            of: token,
                            keys: try Fixtures.keySet(algorithm),
                            policy: Fixtures.policy(algorithm)
                        ) == TokenFault(.algorithmNotAllowed, .headerAlgorithm)
                    )
                }
            }
        }
    }

    @Test
    func aPublicKeyIsNeverASecret() throws {
        // The classic confusion: HMAC keyed with what everybody knows of the RSA key.
        let key = try #require(Fixtures.privateKeys[.rsa]).publicKey
        let pem = try key.pem()
        let secret = try #require(SharedSecret(pem))
        let token = try TokenSigner(secret: secret, keyID: "k1", type: nil).sign(Fixtures.claims)
        let keys = KeySet([JSONWebKey(keyID: "k1", algorithm: nil, material: .publicKey(key))])
        #expect(
            refusal(of: token, keys: keys) == TokenFault(.algorithmNotAllowed, .headerAlgorithm)
        )
        // And where the earlier checks were forgotten, the key itself refuses.
        let parsed = try CompactToken(token.span, sizeMax: 8192)
        let header = try TokenHeader(parsed, ignoringHeaderKeys: false)
        #expect(throws: TokenFault(.keyUnsuitable, .keyType)) { try keys.key(for: header) }
        let first = try #require(keys.keys.first)
        #expect(throws: TokenFault(.keyUnsuitable, .keyType)) {
            try SignatureCheck.verify(parsed, header, first)
        }
    }

    @Test
    func aSecretServesNoOtherAlgorithm() throws {
        let token = try Fixtures.signer(.rs256).sign(Fixtures.claims)
        #expect(
            refusal(
                of: token,
                keys: try Fixtures.keySet(.hs256),
                policy: Fixtures.policy(.hs256)
            ) == TokenFault(.algorithmNotAllowed, .headerAlgorithm)
        )
    }

    @Test
    func oneVerifierServesAllAlgorithmsInAnyOrder() throws {
        let verifier = TokenSignatureVerifier()
        for round in 0..<3 {
            for algorithm in Algorithm.allCases {
                let bytes = try Fixtures.signer(algorithm).sign(Fixtures.claims)
                let token = try CompactToken(bytes.span, sizeMax: 8192)
                let header = try TokenHeader(token, ignoringHeaderKeys: false)
                let key = try Fixtures.keySet(algorithm).key(for: header)
                #expect(throws: Never.self, "\(algorithm) \(round)") {
                    try verifier.verify(token, header, key)
                }
                let other = try Fixtures.signer(algorithm).sign(["sub": "other"])
                let replaced = try replacing(other, signature: signature(of: bytes))
                let forged = try CompactToken(replaced.span, sizeMax: 8192)
                #expect(throws: TokenFault(.signatureInvalid, .signatureMismatch)) {
                    try verifier.verify(forged, header, key)
                }
            }
            if round == 1 {
                verifier.removeAllKeys()
            }
        }
    }

    @Test
    func signersWantTheRightKey() throws {
        let key = try #require(Fixtures.privateKeys[.p256])
        for algorithm in Algorithm.allCases where algorithm != .es256 {
            #expect(throws: CryptographyFault.schemeUnsuitable) {
                try TokenSigner(privateKey: key, algorithm: algorithm, keyID: nil, type: nil)
            }
        }
    }
}
