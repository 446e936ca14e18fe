import JOSE
import JSON
import Testing

struct ClaimsTests {
    private func claims(_ text: String) throws -> Claims {
        let bytes = try token(claims: text)
        return try Claims(CompactToken(bytes.span, sizeMax: 1 << 20))
    }

    @Test
    func readsWhatItNeeds() throws {
        let claims = try claims(
            #"""
            {"iss":"https://a","sub":"s","aud":["x","y"],"exp":1700000000,"nbf":1600000000.25,
             "iat":1600000000.75,"jti":"j","client_id":"c","azp":"z","scope":"a b","sid":"sess",
             "email":"e@x","email_verified":true,"custom":{"deep":[1]}}
            """#
        )
        #expect(claims.issuer == "https://a")
        #expect(claims.subject == "s")
        #expect(claims.audiences == ["x", "y"])
        #expect(claims.expiry == 1_700_000_000)
        #expect(claims.notBefore == 1_600_000_001)
        #expect(claims.issuedAt == 1_600_000_000)
        #expect(claims.tokenID == "j")
        #expect(claims.clientID == "c")
        #expect(claims.scopes == ["a", "b"])
        #expect(claims.sessionID == "sess")
        #expect(claims.email == "e@x")
        #expect(claims.isEmailVerified)
        #expect(!claims.isIDToken)
        #expect(claims.object["custom"] == .object(["deep": [1]]))
    }

    @Test
    func nothingNeedsToBeThere() throws {
        let claims = try claims("{}")
        #expect(claims.issuer == nil && claims.subject == nil && claims.expiry == nil)
        #expect(claims.notBefore == nil && claims.issuedAt == nil && claims.tokenID == nil)
        #expect(claims.clientID == nil && claims.sessionID == nil && claims.email == nil)
        #expect(claims.audiences.isEmpty && claims.scopes.isEmpty)
        #expect(!claims.isEmailVerified && !claims.isIDToken)
    }

    static let textClaims: [(name: String, detail: TokenDetail)] = [
        ("iss", .claimIssuer), ("sub", .claimSubject), ("jti", .claimTokenID),
        ("client_id", .claimClientID), ("azp", .claimAuthorizedParty), ("scope", .claimScope),
        ("sid", .claimSessionID),
    ]

    @Test(arguments: textClaims)
    func textsMustBeTexts(name: String, detail: TokenDetail) {
        for wrong in ["null", "1", "1.5", "true", "[]", "[\"a\"]", "{}"] {
            #expect(throws: TokenFault(.claimInvalid, detail), "\(wrong)") {
                try claims("{\"\(name)\":\(wrong)}")
            }
        }
    }

    @Test(arguments: [
        ("aud", TokenDetail.claimAudience), ("scp", .claimScp), ("scopes", .claimScopes),
    ])
    func listsMustBeTextsOrListsOfTexts(name: String, detail: TokenDetail) throws {
        for wrong in ["null", "1", "true", "{}", "[1]", "[\"a\",null]", "[[\"a\"]]"] {
            #expect(throws: TokenFault(.claimInvalid, detail), "\(wrong)") {
                try claims("{\"\(name)\":\(wrong)}")
            }
        }
        for right in ["\"a\"", "[]", "[\"a\",\"b\"]"] {
            #expect(throws: Never.self) { try claims("{\"\(name)\":\(right)}") }
        }
    }

    @Test(arguments: [
        ("exp", TokenDetail.claimExpiry), ("nbf", .claimNotBefore), ("iat", .claimIssuedAt),
    ])
    func timesMustBeNumbersInRange(name: String, detail: TokenDetail) throws {
        for wrong in [
            "null", "\"1700000000\"", "true", "[]", "{}", "-1", "-0.5", "-12345", "2.001e+206",
            "253402300800", "1700000000000", "9223372036854775807", "1e18",
        ] {
            #expect(throws: TokenFault(.claimInvalid, detail), "\(wrong)") {
                try claims("{\"\(name)\":\(wrong)}")
            }
        }
        #expect(throws: TokenFault(.tokenMalformed, .jsonClaims, json: .numberTooLarge)) {
            try claims("{\"\(name)\":1e400}")
        }
        #expect(throws: TokenFault(.tokenMalformed, .jsonClaims, json: .numberTooLarge)) {
            try claims("{\"\(name)\":99999999999999999999}")
        }
        for right in ["0", "1", "0.0", "1.7e9", "1700000000.999", "253402300799"] {
            #expect(throws: Never.self) { try claims("{\"\(name)\":\(right)}") }
        }
    }

    @Test(arguments: [
        (#"{"scope":"a b"}"#, ["a", "b"]),
        (#"{"scope":"  a   b a "}"#, ["a", "b"]),
        (#"{"scope":""}"#, []),
        (#"{"scp":"a b"}"#, ["a", "b"]),
        (#"{"scp":["a","b"]}"#, ["a", "b"]),
        (#"{"scopes":["a","b c"]}"#, ["a", "b", "c"]),
        (#"{"scopes":"a","scp":["b"],"scope":"c a"}"#, ["c", "a", "b"]),
        ("{\"scope\":\"K \\u212A\"}", ["K", "\u{212A}"]),
    ])
    func scopesAreReadFromThreeClaims(text: String, scopes: [String]) throws {
        let found = try claims(text).scopes
        #expect(found.count == scopes.count)
        #expect(found.map { [UInt8]($0.utf8) } == scopes.map { [UInt8]($0.utf8) })
    }

    @Test(arguments: [1, 31, 32, 33, 100])
    func scopesAreKeptOnceHoweverMany(count: Int) throws {
        let names = (0..<count).map { "s\($0)" }
        let text = names.joined(separator: " ")
        #expect(try claims("{\"scope\":\"\(text) \(text)\",\"scp\":\"\(text)\"}").scopes == names)
    }

    @Test
    func thousandsOfScopesAreReadQuickly() throws {
        let many = (0..<50_000).map { "s\($0)" }.joined(separator: " ")
        #expect(try claims("{\"scope\":\"\(many)\"}").scopes.count == 50_000)
    }

    @Test(arguments: [
        (#"{"azp":"z"}"#, "z"), (#"{"client_id":"c"}"#, "c"), (#"{"client_id":"","azp":"z"}"#, ""),
    ])
    func theClientIsClientIDElseAZP(text: String, client: String) throws {
        #expect(try claims(text).clientID == client)
    }

    @Test(arguments: [
        (#"{"email_verified":"true"}"#, false), (#"{"email_verified":1}"#, false),
        (#"{"email_verified":null}"#, false), (#"{"email_verified":false}"#, false),
        (#"{"email_verified":true}"#, true),
    ])
    func onlyTrueVerifiesAnEmail(text: String, isVerified: Bool) throws {
        #expect(try claims(text).isEmailVerified == isVerified)
        #expect(try claims("{\"email\":null}").email == nil)
    }

    @Test(
        arguments: [
            (#"{"nonce":"n"}"#, TokenDetail.claimNonce), (#"{"at_hash":"h"}"#, .claimAtHash),
            (#"{"at_hash":"h","nonce":"n"}"#, .claimNonce), (#"{"nonce":null}"#, .claimNonce),
            (#"{"nonce":"n","azp":"z"}"#, .claimNonce),
            (#"{"nonce":"n","scope":""}"#, nil), (#"{"nonce":"n","scp":[]}"#, nil),
            (#"{"nonce":"n","client_id":"c"}"#, nil), ("{}", nil),
        ] as [(String, TokenDetail?)]
    )
    func knowsAnIDToken(text: String, evidence: TokenDetail?) throws {
        let claims = try claims(text)
        #expect(claims.idTokenEvidence == evidence)
        #expect(claims.isIDToken == (evidence != nil))
    }

    @Test(arguments: [
        ("", JSONFault.truncated), ("[]", .syntax), ("null", .syntax), ("\"x\"", .syntax),
        ("1", .syntax), ("{", .truncated), ("{}x", .trailingBytes),
        (#"{"sub":"a","sub":"a"}"#, .duplicateName),
        ("{\"sub\":\"a\",\"s\\u0075b\":\"b\"}", .duplicateName),
        ("{\"sub\":\"a\\u0000\"}", .nulCharacter), (#"{"x":1e999}"#, .numberTooLarge),
        ("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", .tooDeep),
    ])
    func refusesWhatIsNoObject(text: String, fault: JSONFault) {
        #expect(throws: TokenFault(.tokenMalformed, .jsonClaims, json: fault)) {
            try claims(text)
        }
    }
}
