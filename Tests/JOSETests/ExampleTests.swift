import Bytes
import JOSE
import JSON
import Testing

/// The examples of the RFCs, whose payloads are not all claims: signatures only.
struct ExampleTests {
    private func secret(_ text: String) throws -> [UInt8] {
        let bytes = Base64URL.decode(utf8(text).span)
        return try #require(bytes)
    }

    private func expectGenuine(
        _ text: String,
        _ keys: KeySet,
        secret: [UInt8]? = nil
    ) throws {
        var policy = Fixtures.policy
        policy.secret = secret
        #expect(keys.skipped.isEmpty)
        #expect(signatureRefusal(of: utf8(text), keys: keys, policy: policy) == nil)
        // The next letter of the payload is another message.
        var changed = utf8(text)
        let dot = try #require(changed.firstIndex(of: UInt8(ascii: ".")))
        changed[dot + 1] += 1
        #expect(
            signatureRefusal(of: changed, keys: keys, policy: policy)
                == TokenFault(.signatureInvalid, .signatureMismatch)
        )
    }

    @Test
    func rfc7515() throws {
        let hs256 = try secret(Examples.hs256Key)
        try expectGenuine(Examples.hs256Token, KeySet(secret: hs256), secret: hs256)
        try expectGenuine(
            Examples.rs256Token,
            keySet(#"{"kty":"RSA","n":"\#(Examples.rs256Modulus)","e":"AQAB"}"#)
        )
        try expectGenuine(
            Examples.es256Token,
            keySet(
                #"""
                {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                 "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
                """#
            )
        )
        try expectGenuine(
            Examples.es512Token,
            keySet(
                #"{"kty":"EC","crv":"P-521","x":"\#(Examples.es512X)","y":"\#(Examples.es512Y)"}"#
            )
        )
    }

    @Test
    func rfc7515Claims() throws {
        let token = try CompactToken(utf8(Examples.rs256Token).span, sizeMax: 8192)
        let claims = try Claims(token)
        #expect(claims.issuer == "joe")
        #expect(claims.expiry == 1_300_819_380)
        #expect(claims.object["http://example.com/is_root"] == true)
    }

    @Test
    func rfc7515NoneIsRefused() {
        #expect(
            signatureRefusal(of: utf8(Examples.unsecuredToken), keys: KeySet([]))
                == TokenFault(.algorithmNotAllowed, .headerAlgorithm)
        )
    }

    @Test
    func rfc7520() throws {
        let rsa = try keySet(
            #"""
            {"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","e":"AQAB",
             "n":"\#(Examples.cookbookModulus)"}
            """#
        )
        try expectGenuine(Examples.cookbookRS256, rsa)
        try expectGenuine(Examples.cookbookPS384, rsa)
        try expectGenuine(
            Examples.cookbookES512,
            keySet(
                #"""
                {"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521",
                 "x":"\#(Examples.cookbookX)","y":"\#(Examples.cookbookY)"}
                """#
            )
        )
        let secret = try secret(Examples.cookbookSecret)
        try expectGenuine(Examples.cookbookHS256, KeySet(secret: secret), secret: secret)
    }

    @Test
    func rfc8037() throws {
        let keys = try keySet(
            #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        )
        try expectGenuine(Examples.ed25519Token, keys)
        #expect(keys.keys.first?.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    @Test
    func rfc7638() throws {
        let keys = try keySet(
            #"""
            {"kty":"RSA","n":"\#(Examples.thumbprintModulus)","e":"AQAB","alg":"RS256",
             "kid":"2011-04-29"}
            """#
        )
        #expect(keys.keys.first?.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    }
}
