import Cryptography
import JOSE
import JSON
import Testing

struct TokenHeaderTests {
    private func header(
        _ text: String,
        ignoringHeaderKeys: Bool = false
    ) throws -> TokenHeader {
        let bytes = try token(header: text, claims: "{}")
        let token = try CompactToken(bytes.span, sizeMax: 1 << 20)
        return try TokenHeader(token, ignoringHeaderKeys: ignoringHeaderKeys)
    }

    @Test
    func readsWhatItNeeds() throws {
        let header = try header(
            #"{"alg":"PS384","kid":"a b","typ":"application/AT+JWT","x5t":"x","other":{}}"#
        )
        #expect(header.algorithm == .ps384)
        #expect(header.algorithmName == "PS384")
        #expect(header.keyID == "a b")
        #expect(header.type == "at+jwt")
        #expect(header.embeddedKey == nil)
    }

    @Test(arguments: [
        "none", "None", "NONE", "rs256", "RS256 ", "", "HS384", "HS512", "ES256K", "dir",
    ])
    func otherAlgorithmsAreSeenForWhatTheyAre(name: String) throws {
        let header = try header(#"{"alg":"\#(name)"}"#)
        #expect(header.algorithm == nil)
        #expect(header.algorithmName == name)
        #expect(header.keyID == nil)
        #expect(header.type == nil)
        #expect(throws: TokenFault(.algorithmNotAllowed, .headerAlgorithm)) {
            try checkAlgorithm(header, Fixtures.policy)
        }
    }

    @Test(
        arguments: [
            ("", TokenFault(.tokenMalformed, .jsonHeader, json: .truncated)),
            ("[]", TokenFault(.tokenMalformed, .jsonHeader, json: .syntax)),
            ("\"alg\"", TokenFault(.tokenMalformed, .jsonHeader, json: .syntax)),
            (#"{"alg":"ES256""#, TokenFault(.tokenMalformed, .jsonHeader, json: .truncated)),
            (
                #"{"alg":"none","alg":"ES256"}"#,
                TokenFault(.tokenMalformed, .jsonHeader, json: .duplicateName)
            ),
            (#"{"alg":"ES256"}{}"#, TokenFault(.tokenMalformed, .jsonHeader, json: .trailingBytes)),
            (
                #"{"alg":"ES256","x":1e999}"#,
                TokenFault(.tokenMalformed, .jsonHeader, json: .numberTooLarge)
            ),
            ("{}", TokenFault(.tokenMalformed, .headerAlgorithm)),
            (#"{"alg":null}"#, TokenFault(.tokenMalformed, .headerAlgorithm)),
            (#"{"alg":256}"#, TokenFault(.tokenMalformed, .headerAlgorithm)),
            (#"{"alg":["ES256"]}"#, TokenFault(.tokenMalformed, .headerAlgorithm)),
            (#"{"alg":"ES256","kid":1}"#, TokenFault(.tokenMalformed, .headerKeyID)),
            (#"{"alg":"ES256","kid":null}"#, TokenFault(.tokenMalformed, .headerKeyID)),
            (#"{"alg":"ES256","typ":null}"#, TokenFault(.tokenMalformed, .headerType)),
            (#"{"alg":"ES256","cty":1}"#, TokenFault(.tokenMalformed, .headerContentType)),
            (#"{"alg":"ES256","cty":"jwt"}"#, TokenFault(.headerUnsupported, .headerContentType)),
            (
                #"{"alg":"ES256","cty":"application/JWT"}"#,
                TokenFault(.headerUnsupported, .headerContentType)
            ),
            (
                #"{"alg":"ES256","crit":["exp"],"exp":1}"#,
                TokenFault(.headerUnsupported, .headerCritical)
            ),
            (#"{"alg":"ES256","crit":[]}"#, TokenFault(.headerUnsupported, .headerCritical)),
            (#"{"alg":"ES256","crit":null}"#, TokenFault(.headerUnsupported, .headerCritical)),
            (
                #"{"alg":"ES256","b64":false,"crit":["b64"]}"#,
                TokenFault(.headerUnsupported, .headerBase64)
            ),
            (#"{"alg":"ES256","b64":false}"#, TokenFault(.headerUnsupported, .headerBase64)),
            (#"{"alg":"ES256","b64":true}"#, TokenFault(.headerUnsupported, .headerBase64)),
            (#"{"alg":"ES256","zip":"DEF"}"#, TokenFault(.headerUnsupported, .headerCompression)),
            (#"{"alg":"ES256","jwk":{}}"#, TokenFault(.headerUnsupported, .headerKey)),
            (
                #"{"alg":"ES256","jku":"https://a"}"#,
                TokenFault(.headerUnsupported, .headerKeySetURL)
            ),
            (
                #"{"alg":"ES256","x5u":"https://a"}"#,
                TokenFault(.headerUnsupported, .headerCertificateURL)
            ),
            (#"{"alg":"ES256","x5c":[]}"#, TokenFault(.headerUnsupported, .headerCertificates)),
            (#"{"alg":"ES256","jku":null}"#, TokenFault(.headerUnsupported, .headerKeySetURL)),
        ] as [(String, TokenFault)]
    )
    func refusesEachWithItsReason(text: String, expected: TokenFault) {
        #expect(throws: expected) { try header(text) }
    }

    @Test(arguments: [
        ("jwk", TokenDetail.headerKey), ("jku", .headerKeySetURL), ("x5u", .headerCertificateURL),
        ("x5c", .headerCertificates),
    ])
    func headerKeysCanBePassedOverAndAskedForLater(name: String, detail: TokenDetail) throws {
        let header = try header(#"{"alg":"ES256","\#(name)":7}"#, ignoringHeaderKeys: true)
        #expect(header.embeddedKey == detail)
        #expect(throws: TokenFault(.headerUnsupported, detail)) {
            try checkHeaderKeys(header, Fixtures.policy)
        }
        var policy = Fixtures.policy
        policy.ignoresHeaderKeys = true
        #expect(throws: Never.self) { try checkHeaderKeys(header, policy) }
    }

    @Test
    func refusesDeepNesting() {
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(throws: TokenFault(.tokenMalformed, .jsonHeader, json: .tooDeep)) {
            try header(#"{"alg":"ES256","x":\#(deep)}"#)
        }
    }

    @Test
    func anEmbeddedKeyIsNeverUsed() throws {
        // A token that is signed with the very key it brings along, under the name of the real one.
        let attacker = try PrivateKey.generate(.p256)
        let key = JSONWebKey(
            keyID: "k1",
            algorithm: .es256,
            material: .publicKey(attacker.publicKey)
        )
        let signer = try TokenSigner(
            privateKey: attacker,
            algorithm: .es256,
            keyID: "k1",
            type: nil
        )
        let embedded = try #require(key.json()).text
        let token = try signer.sign(
            header: utf8(#"{"alg":"ES256","kid":"k1","jwk":\#(embedded)}"#).span,
            claims: utf8(Fixtures.claims.text).span
        )
        let keys = try Fixtures.keySet(.es256)
        #expect(refusal(of: token, keys: keys) == TokenFault(.headerUnsupported, .headerKey))
        var policy = Fixtures.policy
        policy.ignoresHeaderKeys = true
        #expect(
            refusal(of: token, keys: keys, policy: policy)
                == TokenFault(.signatureInvalid, .signatureMismatch)
        )
    }
}
