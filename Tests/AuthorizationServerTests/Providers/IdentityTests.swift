import JSON
import Outbound
import Testing

@testable import AuthorizationServer
@testable import Configuration

/// Who somebody is, read from each provider's own answers (contract, sections 12 and 17-21).
struct IdentityTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var kind: ProviderKind
        /// User info, as the provider's documents show it.
        var userInfo: String
        var emails: String?
        var accountID: String
        var email: String?
        var isVerified = false
        var name: String?
        var picture: String?
        var testDescription: String { "\(kind.rawValue): \(userInfo)" }
    }

    private static let rows = [
        Row(
            kind: .github,
            userInfo: #"{"id":583231,"login":"octo","name":null,"#
                + #""avatar_url":"https://avatars.test/u/583231"}"#,
            emails: #"[{"email":"old@a.test","primary":false,"verified":true},"#
                + #"{"email":"octo@a.test","primary":true,"verified":true}]"#,
            accountID: "583231",
            email: "octo@a.test",
            isVerified: true,
            name: "octo",
            picture: "https://avatars.test/u/583231"
        ),
        Row(
            kind: .github,
            userInfo: #"{"id":1,"login":"octo","email":"shown@a.test"}"#,
            emails: #"[{"email":"octo@a.test","primary":true,"verified":"true"}]"#,
            accountID: "1",
            email: "octo@a.test",
            name: "octo"
        ),
        Row(
            kind: .gitlab,
            userInfo: #"{"id":7,"username":"g","name":"Gil","email":"g@a.test"}"#,
            emails: #"[{"email":"x@a.test","confirmed_at":"2024-01-01T00:00:00Z"},"#
                + #"{"email":"g@a.test","confirmed_at":"2024-01-01T00:00:00Z"}]"#,
            accountID: "7",
            email: "g@a.test",
            isVerified: true,
            name: "Gil"
        ),
        Row(
            kind: .gitlab,
            userInfo: #"{"id":7,"username":"g","email":"g@a.test"}"#,
            emails: #"[{"email":"g@a.test","confirmed_at":null},"#
                + #"{"email":"x@a.test","confirmed_at":"2024-01-01T00:00:00Z"}]"#,
            accountID: "7",
            email: "g@a.test",
            name: "g"
        ),
        Row(
            kind: .bitbucket,
            userInfo: #"{"account_id":"557058:ab","uuid":"{1}","display_name":"Bea","#
                + #""links":{"avatar":{"href":"https://avatars.test/bea"}}}"#,
            emails: #"{"values":[{"email":"o@a.test","is_primary":false,"is_confirmed":true},"#
                + #"{"email":"b@a.test","is_primary":true,"is_confirmed":false}]}"#,
            accountID: "557058:ab",
            email: "b@a.test",
            name: "Bea",
            picture: "https://avatars.test/bea"
        ),
        Row(
            kind: .discord,
            userInfo: #"{"id":"80351110224678912","username":"nelly","global_name":"Nelly","#
                + #""avatar":"8342729096ea","email":"n@a.test","verified":true}"#,
            accountID: "80351110224678912",
            email: "n@a.test",
            isVerified: true,
            name: "Nelly",
            picture: "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea.png"
        ),
        Row(
            kind: .discord,
            userInfo: #"{"id":"8","username":"n","avatar":"../x","email":"n@a.test","#
                + #""verified":1}"#,
            accountID: "8",
            email: "n@a.test",
            name: "n"
        ),
        Row(
            kind: .spotify,
            userInfo: #"{"id":"s1","display_name":"Sam","email":"s@a.test","#
                + #""images":[{"url":"https://i.test/1"}]}"#,
            accountID: "s1",
            email: "s@a.test",
            name: "Sam",
            picture: "https://i.test/1"
        ),
        Row(
            kind: .twitch,
            userInfo: #"{"data":[{"id":"141981764","login":"t","display_name":"T","#
                + #""email":"t@a.test","profile_image_url":"https://i.test/t"}]}"#,
            accountID: "141981764",
            email: "t@a.test",
            name: "T",
            picture: "https://i.test/t"
        ),
        Row(
            kind: .x,
            userInfo: #"{"data":{"id":"2244994945","name":"Xe","username":"xe"}}"#,
            accountID: "2244994945",
            name: "Xe"
        ),
        Row(
            kind: .microsoft,
            userInfo: #"{"id":"0bbbbbb0","displayName":"Mia","mail":null,"#
                + #""userPrincipalName":"m@corp.test"}"#,
            accountID: "0bbbbbb0",
            email: "m@corp.test",
            name: "Mia"
        ),
        Row(
            kind: .facebook,
            userInfo: #"{"id":"user-1","name":"Fay","email":"f@a.test"}"#,
            accountID: "user-1",
            email: "f@a.test",
            name: "Fay"
        ),
        Row(
            kind: .google,
            userInfo: #"{"sub":"user-1","name":"Gus","email":"g@a.test","email_verified":true}"#,
            accountID: "user-1",
            email: "g@a.test",
            isVerified: true,
            name: "Gus"
        ),
        Row(
            kind: .linkedin,
            userInfo: #"{"sub":"user-1","name":"Lin","email":"l@a.test","email_verified":"true"}"#,
            accountID: "user-1",
            email: "l@a.test",
            name: "Lin"
        ),
    ]

    @Test("Each provider's answers are read", arguments: rows)
    func answersAreRead(_ row: Row) async throws {
        let settings = Fixtures.settings(row.kind)
        let preset = try #require(ProviderPreset.of(settings))
        let fake = try Self.fake(preset, userInfo: row.userInfo, emails: row.emails)
        let identity = try await outcome(Fixtures.provider(settings, at: fake)).get()
        #expect(identity.accountID == row.accountID)
        #expect(identity.email == row.email)
        #expect(identity.isEmailVerified == row.isVerified)
        #expect(identity.displayName == row.name)
        #expect(identity.pictureURL == row.picture)
        #expect(ProviderIdentity(json: identity.json) == identity)
    }

    /// All places of a preset, with an ID token where it is a provider of OpenID Connect.
    private static func fake(
        _ preset: ProviderPreset,
        userInfo: String?,
        emails: String? = nil,
        claims: JSONObject = [:]
    ) throws -> FakeProvider {
        let fake = FakeProvider()
        var token: String?
        if let traits = preset.openID {
            var changes = claims
            changes["iss"] = traits.issuers.first.map { .string($0.text) }
            changes["tid"] = "9188040d-6c67-4c5b-b112-36a304b66dad"
            token = try Fixtures.token(changes)
            let keys = try Fixtures.keySet([("k1", try #require(Fixtures.key))])
            fake.serve(traits.keySetURL, text: keys)
        }
        fake.serve(preset.tokenEndpoint, Fixtures.answer(token: token))
        if let place = preset.userInfoEndpoint, let userInfo {
            fake.serve(place, text: userInfo)
            if let emails {
                fake.serve("\(place)/emails", text: emails)
            }
        }
        return fake
    }

    @Test(
        "Apple's e-mail is verified by JSON true and the text true only",
        arguments: [
            (.boolean(true), true), ("true", true), (.boolean(false), false), ("false", false),
            ("TRUE", false), ("1", false), (1, false), (.null, false), (nil, false),
        ] as [(JSONValue?, Bool)]
    )
    func appleVerification(value: JSONValue?, isVerified: Bool) async throws {
        var claims: JSONObject = ["email": "a@a.test"]
        claims["email_verified"] = value
        let fake = try Self.fake(.apple, userInfo: nil, claims: claims)
        let provider = try Fixtures.provider(Fixtures.settings(.apple), at: fake)
        let identity = try await outcome(provider).get()
        #expect(identity.email == "a@a.test")
        #expect(identity.isEmailVerified == isVerified)
    }

    @Test("Apple's form gives a name for display, and nothing else")
    func appleForm() async throws {
        let fake = try Self.fake(.apple, userInfo: nil)
        let provider = try Fixtures.provider(Fixtures.settings(.apple), at: fake)
        let user = #"{"name":{"firstName":"Ann","lastName":"Ah\u0000"},"email":"evil@a.test"}"#
        let good = user.replacing(#"\u0000"#, with: "")
        let parameters = ["code": "c-1", "user": good, "id_token": "a.b.c"]
        let identity = try await outcome(provider, Fixtures.callback(parameters)).get()
        #expect(identity.displayName == "Ann Ah")
        #expect(identity.email == nil)
        for bad in [user, "", "[]", "{}", #"{"name":1}"#, String(repeating: "[", count: 9_999)] {
            let callback = Fixtures.callback(["code": "c-1", "user": bad])
            let identity = try await outcome(provider, callback).get()
            #expect(identity.displayName == nil)
        }
    }

    @Test(
        "What the conf says of addresses is applied on top",
        arguments: [
            (EmailVerification.assumed, true, true), (.assumed, false, true),
            (.claimed, true, true), (.claimed, false, false), (.never, true, false),
            (.never, false, false),
        ]
    )
    func confDecides(verification: EmailVerification, said: Bool, isVerified: Bool) async throws {
        let token = try Fixtures.token([
            "email": "a@a.test", "email_verified": .boolean(said),
        ])
        let settings = Fixtures.settings(verification: verification)
        let provider = try Fixtures.provider(settings, at: Fixtures.fake(token: token))
        #expect(try await outcome(provider).get().isEmailVerified == isVerified)
    }

    @Test("No address is no verified address")
    func noAddressIsNotVerified() async throws {
        let token = try Fixtures.token(["email_verified": .boolean(true)])
        let settings = Fixtures.settings(verification: .assumed)
        let provider = try Fixtures.provider(settings, at: Fixtures.fake(token: token))
        let identity = try await outcome(provider).get()
        #expect(identity.email == nil)
        #expect(!identity.isEmailVerified)
    }

    @Test("A word about one address does not verify another")
    func verificationStaysWithItsAddress() async throws {
        let rows: [(JSONObject, JSONObject, String, Bool)] = [
            (
                ["email": "a@a.test"], ["email": "b@a.test", "email_verified": true], "a@a.test",
                false
            ),
            (
                ["email": "a@a.test"], ["email": "a@a.test", "email_verified": true], "a@a.test",
                true
            ),
            (
                ["email": "a@a.test", "email_verified": false],
                ["email": "a@a.test", "email_verified": true], "a@a.test", false
            ),
            ([:], ["email": "b@a.test", "email_verified": true], "b@a.test", true),
            (["email_verified": true], ["email": "b@a.test"], "b@a.test", false),
        ]
        for (claims, info, email, isVerified) in rows {
            var userInfo = info
            userInfo["sub"] = "user-1"
            let fake = try Fixtures.fake(token: Fixtures.token(claims), userInfo: userInfo)
            let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
            let identity = try await outcome(provider).get()
            #expect(identity.email == email)
            #expect(identity.isEmailVerified == isVerified, "\(claims) \(info)")
        }
    }

    @Test(
        "What is no address counts as none",
        arguments: ["", "a", "@a.test", "a@", "a b@a.test", "a@a.test\n", "\u{7F}@a.test"]
    )
    func badAddressIsNone(text: String) async throws {
        let token = try Fixtures.token(["email": .string(text), "email_verified": true])
        let provider = try Fixtures.provider(Fixtures.settings(), at: Fixtures.fake(token: token))
        #expect(try await outcome(provider).get().email == nil)
    }

    @Test("Names and pictures from outside are cut down to what pages can show")
    func particularsAreCut() async throws {
        let long = String(repeating: "\u{1F600}", count: 100)
        let rows: [(String, String?)] = [
            ("  Ann \u{0} \n Ah  ", "Ann Ah"), ("\u{202E}evil\u{2066}", "evil"), ("\n", nil),
            (long, String(repeating: "\u{1F600}", count: 64)),
        ]
        for (name, expected) in rows where !name.contains("\0") || expected != nil {
            let clean = name.replacing("\0", with: "\u{1}")
            let token = try Fixtures.token([
                "name": .string(clean), "picture": "javascript:alert(1)",
            ])
            let provider = try Fixtures.provider(
                Fixtures.settings(),
                at: Fixtures.fake(token: token)
            )
            let identity = try await outcome(provider).get()
            #expect(identity.displayName == expected)
            #expect(identity.pictureURL == nil)
        }
    }

    @Test("Groups and other claims of both sources are kept")
    func claimsAreKept() async throws {
        let token = try Fixtures.token(["groups": ["clerks"], "sid": "s"])
        let userInfo: JSONObject = [
            "sub": "user-1", "groups": ["evil"], "team": .object(["name": "red"]),
        ]
        let fake = try Fixtures.fake(token: token, userInfo: userInfo)
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        let claims = try await outcome(provider).get().claims
        #expect(claims["groups"] == ["clerks"])
        #expect(claims["team"] == .object(["name": "red"]))
    }

    @Test("A round trip through JSON loses nothing, and other JSON is no identity")
    func roundTrip() {
        var identity = ProviderIdentity(
            providerID: "local",
            accountID: "1",
            email: nil,
            isEmailVerified: false,
            displayName: nil,
            pictureURL: nil,
            claims: [:],
            tokens: nil
        )
        #expect(ProviderIdentity(json: identity.json) == identity)
        identity.email = "a@a.test"
        identity.tokens = ProviderTokens(
            accessToken: "a",
            refreshToken: nil,
            scopes: ["b", "c"],
            accessTokenExpiresAt: 5
        )
        #expect(ProviderIdentity(json: identity.json) == identity)
        #expect(ProviderIdentity(json: [:]) == nil)
        var broken = identity.json
        broken["tokens"] = ["a"]
        #expect(ProviderIdentity(json: broken) == nil)
        #expect(ProviderTokens(json: ["access_token": "a", "scopes": [1], "expires_at": 1]) == nil)
    }
}
