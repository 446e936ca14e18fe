import JOSE
import JSON
import Testing

/// The tokens of HAProxy's own tests.
///
/// They have no `exp`: signatures only.
@Suite(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.reason)))
struct HAProxyVectorTests {
    @Test
    func everyCaseEndsAsItShould() throws {
        let file = try Vectors.read("jws_haproxy.json")
        let pems = try #require(file["public_keys_pem"]?.object)
        var accepted: Set<String> = []
        for test in try #require(file["cases"]?.array).compactMap(\.object) {
            let id = try #require(test["id"]?.string)
            let token = utf8(try #require(test["token"]?.string))
            var isAccepted = false
            for pem in pems.members.compactMap({ $0.value.string }) {
                let bytes = utf8(pem)
                let keys = try KeySet(pem: bytes.span)
                isAccepted = isAccepted || signatureRefusal(of: token, keys: keys) == nil
            }
            if isAccepted {
                accepted.insert(id)
                #expect(test["expect"] == "accept", "\(id)")
            } else if test["expect"] == "accept" {
                // HMAC with a secret of 14 bytes, `none`, and what no public key of the file fits.
                let fault = signatureRefusal(of: token, keys: KeySet([]))
                #expect(fault?.cause == .algorithmNotAllowed, "\(id): \(String(describing: fault))")
            }
        }
        let sorts = [
            "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
        ]
        for sort in sorts {
            #expect(accepted.contains { $0.hasSuffix(sort) }, "no \(sort) token was accepted")
        }
    }

    @Test
    func itsSecretsAreTooShortForUs() throws {
        let file = try Vectors.read("jws_haproxy.json")
        for secret in try #require(file["hmac_keys"]?.object).members.compactMap(\.value.string) {
            #expect(throws: KeySetFault.secretTooShort) { try KeySet(secret: utf8(secret)) }
        }
    }
}

/// The tokens of the verifier inside Envoy.
@Suite(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.reason)))
struct EnvoyVectorTests {
    private static let faults: [String: TokenFault] = [
        "JwtHeaderParseErrorBadBase64": TokenFault(.tokenMalformed, .base64Header),
        "JwtHeaderParseErrorBadJson": TokenFault(.tokenMalformed, .jsonHeader, json: .syntax),
        "JwtHeaderBadAlg": TokenFault(.tokenMalformed, .headerAlgorithm),
        "JwtHeaderNotImplementedAlg": TokenFault(.algorithmNotAllowed, .headerAlgorithm),
        "JwtHeaderBadKid": TokenFault(.tokenMalformed, .headerKeyID),
        "JwtPayloadParseErrorBadBase64": TokenFault(.tokenMalformed, .base64Claims),
        "JwtPayloadParseErrorBadJson": TokenFault(.tokenMalformed, .jsonClaims, json: .syntax),
        "JwtPayloadParseErrorIssNotString": TokenFault(.claimInvalid, .claimIssuer),
        "JwtPayloadParseErrorSubNotString": TokenFault(.claimInvalid, .claimSubject),
        "JwtPayloadParseErrorJtiNotString": TokenFault(.claimInvalid, .claimTokenID),
        "JwtPayloadParseErrorAudNotString": TokenFault(.claimInvalid, .claimAudience),
        "JwtPayloadParseErrorIatNotInteger": TokenFault(.claimInvalid, .claimIssuedAt),
        "JwtPayloadParseErrorIatOutOfRange": TokenFault(.claimInvalid, .claimIssuedAt),
        "JwtPayloadParseErrorNbfNotInteger": TokenFault(.claimInvalid, .claimNotBefore),
        "JwtPayloadParseErrorNbfOutOfRange": TokenFault(.claimInvalid, .claimNotBefore),
        "JwtPayloadParseErrorExpNotInteger": TokenFault(.claimInvalid, .claimExpiry),
        "JwtPayloadParseErrorExpOutOfRange": TokenFault(.claimInvalid, .claimExpiry),
        "JwtSignatureParseErrorBadBase64": TokenFault(.signatureMalformed, .base64Signature),
    ]

    @Test
    func everyParseEndsAsItShould() throws {
        let items = try #require(try Vectors.read("jwt_verify_lib.json")["items"]?.array)
        var count = 0
        for item in items.compactMap(\.object) where item["stage"] == "parse" {
            let status = try #require(item["status"]?.string)
            let name = try #require(item["test"]?.string)
            let fault = try readingFault(of: try #require(item["token"]?.string))
            if Self.respelled.contains(name) {
                #expect(fault == TokenFault(.signatureMalformed, .base64Signature), "\(name)")
            } else {
                #expect(fault == Self.faults[status], "\(name): \(status)")
                #expect(status == "Ok" || fault != nil)
            }
            count += 1
        }
        #expect(count == 85)
    }

    /// Taken by Envoy, although their signatures are padded or have unused bits set.
    private static let respelled: Set<String> = [
        "VerifyExpTest.BothNbfExp", "VerifyExpTest.BothNbfExpWithCustomClockSkew",
        "VerifyExpTest.OnlyExp", "VerifyExpTest.OnlyNbf", "VerifyExpTest.NotTimeConstraint",
        "VerifyX509Test.NoKidToken",
    ]

    private func readingFault(of text: String) throws -> TokenFault? {
        let bytes = utf8(text)
        var policy = Fixtures.policy
        do throws(TokenFault) {
            let token = try CompactToken(bytes.span, sizeMax: 1 << 20)
            let header = try TokenHeader(token, ignoringHeaderKeys: false)
            _ = try Claims(token)
            try token.checkSignatureCoding()
            guard !header.algorithmName.hasPrefix("HS") else { return nil }
            policy.secret = nil
            try checkAlgorithm(header, policy)
            return nil
        } catch {
            return error
        }
    }

    /// What each key set of a file says to each token of it.
    private static let outcomes: [String: String] = [
        "PublicKeyRSA JwtOneAudtext": "accepted",
        "PublicKeyJwkEC JwtES256Text": "accepted",
        "PublicKeyJwkEC JwtTextEC": "accepted",
        "PublicKeyJwkEC JwtES384Text": "accepted",
        "PublicKeyJwkEC JwtES512Text": "accepted",
        "PublicKeyJwkEC JwtTextWithNonExistKidEC": "key_unknown (header.kid)",
        "PublicKeyJwkEC JwtTextECNoKid": "accepted",
        "PublicKeyJwkOKP JwtJWKEd25519": "accepted",
        "PublicKeyJwkOKP JwtJWKEd25519NoKid": "accepted",
        "PublicKeyJwkOKP JwtJWKEd25519NonExistKid": "key_unknown (header.kid)",
        "PublicKeyJwkOKP JwtJWKEd25519WrongSignature":
            "signature_invalid (signature.mismatch)",
        "PublicKeyRSAPSS Ps256JwtTextWithCorrectKid": "accepted",
        "PublicKeyRSAPSS Ps384JwtTextWithCorrectKid": "accepted",
        "PublicKeyRSAPSS Ps512JwtTextWithCorrectKid": "accepted",
        "PublicKeyRSAPSS JwtTextWithNoKid": "signature_invalid (signature.mismatch)",
        "PublicKeyRSAPSS JwtTextWithNonExistentKid": "key_unknown (header.kid)",
        "JwtIoPublicKeyRSAPSS Ps256JwtTextWithCorrectKid": "key_unknown (header.kid)",
        "JwtIoPublicKeyRSAPSS Ps384JwtTextWithCorrectKid": "key_unknown (header.kid)",
        "JwtIoPublicKeyRSAPSS Ps512JwtTextWithCorrectKid": "key_unknown (header.kid)",
        "JwtIoPublicKeyRSAPSS JwtTextWithNoKid": "accepted",
        "JwtIoPublicKeyRSAPSS JwtTextWithNonExistentKid": "key_unknown (header.kid)",
        "PublicKeyRSA JwtTextNoKid": "key_unsuitable (key.ambiguous)",
        "PublicKeyRSA JwtTextNoKidLongExp": "key_unsuitable (key.ambiguous)",
        "PublicKeyRSA JwtTextWithCorrectKid": "accepted",
        "PublicKeyRSA JwtTextWithLongClaimsCorrectKid": "accepted",
        "PublicKeyRSA JwtTextWithIncorrectKid": "signature_invalid (signature.mismatch)",
        "PublicKeyRSA JwtTextWithNonExistKid": "key_unknown (header.kid)",
        "es256pubkey JwtPemEs256": "accepted",
        "es256pubkey JwtPemEs384": "key_unsuitable (key.crv)",
        "es256pubkey JwtPemEs512": "key_unsuitable (key.crv)",
        "es384pubkey JwtPemEs256": "key_unsuitable (key.crv)",
        "es384pubkey JwtPemEs384": "accepted",
        "es384pubkey JwtPemEs512": "key_unsuitable (key.crv)",
        "es512pubkey JwtPemEs256": "key_unsuitable (key.crv)",
        "es512pubkey JwtPemEs384": "key_unsuitable (key.crv)",
        "es512pubkey JwtPemEs512": "accepted",
        "ed25519pubkey JwtPemEd25519": "accepted",
        "ed25519pubkey JwtPemEd25519WrongSignature":
            "signature_invalid (signature.mismatch)",
        "pubkey JwtPemRs256": "accepted",
        "pubkey JwtPemRs384": "accepted",
        "pubkey JwtPemRs512": "accepted",
    ]

    @Test
    func everyPairOfKeyAndTokenEndsAsItShould() throws {
        let items = try #require(try Vectors.read("jwt_verify_lib.json")["items"]?.array)
        var count = 0
        for item in items.compactMap(\.object) where item["stage"] == "verify" {
            for keys in try #require(item["keys"]?.object).members {
                let text = try #require(keys.value.string)
                let bytes = utf8(text)
                // Not JSON: a comma too many. Its keys are symmetric, and so of no use to us.
                guard keys.name != "SymmetricKeyHMAC" else {
                    #expect(throws: KeySetFault.json(.syntax)) { try keySet(text) }
                    continue
                }
                let set = try text.hasPrefix("-----") ? KeySet(pem: bytes.span) : keySet(text)
                for token in try #require(item["tokens"]?.object).members {
                    let jws = utf8(try #require(token.value.string))
                    let fault = signatureRefusal(of: jws, keys: set)
                    let pair = "\(keys.name) \(token.name)"
                    let outcome = fault.map { "\($0)" } ?? "accepted"
                    #expect(outcome == Self.outcomes[pair], "\(pair)")
                    count += 1
                }
            }
        }
        #expect(count == Self.outcomes.count)
    }
}
