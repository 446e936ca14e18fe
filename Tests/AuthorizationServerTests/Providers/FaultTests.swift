import JSON
import Outbound
import Testing

@testable import AuthorizationServer
@testable import Configuration

/// Provider errors and what they become (contract, section 12.3).
struct FaultTests {
    enum Kind: Sendable, Hashable {
        case broken
        case denied
        case refused(String)
        case unavailable

        init(_ fault: ProviderFault?) {
            switch fault {
            case .accessDenied: self = .denied
            case .refused(let text, _): self = .refused(text)
            case .temporarilyUnavailable: self = .unavailable
            case .broken, nil: self = .broken
            }
        }
    }

    private static let words: [(String, Kind)] = [
        ("access_denied", .denied), ("consent_required", .denied),
        ("user_cancelled_login", .denied), ("temporarily_unavailable", .unavailable),
        ("server_error", .unavailable), ("invalid_scope", .refused(ProviderErrorWord.invalidScope)),
        ("unauthorized_scope_error", .refused(ProviderErrorWord.invalidScope)),
        ("invalid_client", .refused(ProviderErrorWord.invalidClient)),
        ("unauthorized_client", .refused(ProviderErrorWord.invalidClient)),
        ("invalid_grant", .refused(ProviderErrorWord.invalidGrant)),
        ("bad_verification_code", .refused(ProviderErrorWord.invalidGrant)),
        ("incorrect_client_credentials", .refused(ProviderErrorWord.invalidClient)),
        ("invalid_request", .broken), ("login_required", .broken), ("", .broken),
        ("ACCESS_DENIED", .broken),
    ]

    @Test("An error of the callback", arguments: words)
    func callbackError(word: String, kind: Kind) async throws {
        let fake = try Fixtures.fake(token: nil)
        for settings in [Fixtures.settings(), Fixtures.settings(.github)] {
            let provider = try Fixtures.provider(settings, at: fake)
            let callback = Fixtures.callback([
                "error": word, "error_description": "why", "code": "c",
            ])
            let result = await outcome(provider, callback)
            #expect(result.fault != nil)
            #expect(Kind(result.fault) == kind)
        }
        #expect(fake.count(Fixtures.tokenPlace) == 0)
    }

    @Test(
        "An error of the token endpoint, with 400 and, as GitHub has it, with 200",
        arguments: words
    )
    func tokenError(word: String, kind: Kind) async throws {
        for status in [200, 400, 401] {
            let fake = try Fixtures.fake(token: nil)
            fake.serve(Fixtures.tokenPlace, status: status, ["error": .string(word)])
            let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
            #expect(result.fault != nil)
            #expect(Kind(result.fault) == kind)
            #expect(fake.count(Fixtures.tokenPlace) == 1)
        }
    }

    @Test("Other answers of the token endpoint, each asked for once")
    func tokenAnswers() async throws {
        let invalidGrant = Kind.refused(ProviderErrorWord.invalidGrant)
        let rows: [(Result<OutboundResponse, OutboundFault>, Kind)] = [
            (.failure(.peerTooSlow(detail: "5 s")), .unavailable),
            (.failure(.peerUnreachable(detail: "refused")), .unavailable),
            (.failure(.connectionLost(detail: "reset")), .unavailable),
            (.failure(.peerUnverified(detail: "expired")), .unavailable),
            (.failure(.responseTooLarge(limit: 1)), .broken),
            (FakeProvider.answer(429, ""), .unavailable),
            (FakeProvider.answer(500, ""), .unavailable),
            (FakeProvider.answer(503, #"{"error":"invalid_grant"}"#), .unavailable),
            (FakeProvider.answer(302, ""), .broken), (FakeProvider.answer(404, ""), .broken),
            (
                FakeProvider.answer(401, "<html>"), .refused(ProviderErrorWord.invalidClient)
            ),
            (FakeProvider.answer(400, #"{"error":{"message":"used","code":100}}"#), invalidGrant),
            (FakeProvider.answer(200, ""), .broken), (FakeProvider.answer(200, "[]"), .broken),
            (FakeProvider.answer(200, "{}"), .broken),
            (FakeProvider.answer(200, #"{"access_token":""}"#), .broken),
            (FakeProvider.answer(200, #"{"access_token":"a b"}"#), .broken),
            (FakeProvider.answer(200, #"{"access_token":"a","token_type":"mac"}"#), .broken),
            (FakeProvider.answer(200, #"{"access_token":"a","access_token":"b"}"#), .broken),
            (FakeProvider.answer(200, String(repeating: "[", count: 60_000)), .broken),
        ]
        for (answer, kind) in rows {
            let fake = try Fixtures.fake(token: nil)
            fake.serve(Fixtures.tokenPlace, [answer])
            let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
            #expect(result.fault != nil)
            #expect(Kind(result.fault) == kind, "\(answer)")
            #expect(fake.count(Fixtures.tokenPlace) == 1)
        }
    }

    @Test("Credentials go form-encoded into Basic, or into the body, never into both")
    func credentials() async throws {
        let fake = try Fixtures.fake(token: Fixtures.token())
        _ = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
        let basic = try #require(fake.requests.first { $0.url == Fixtures.tokenPlace })
        // gatehouse:s%25%2B%3A-
        #expect(basic.value(of: "Authorization") == "Basic Z2F0ZWhvdXNlOnMlMjUlMkIlM0Et")
        #expect(
            basic.form == [
                "grant_type=authorization_code", "code=c-1",
                "redirect_uri=https%3A%2F%2Fgate.test%2Fapi%2Fv1%2Fauth%2Foauth%2Fcallback%2Fcorp",
                "code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            ]
        )
        var metadata = Fixtures.metadata
        metadata["token_endpoint_auth_methods_supported"] = [
            "private_key_jwt", "client_secret_post",
        ]
        let other = try Fixtures.fake(token: Fixtures.token())
        other.serve(Fixtures.discovery, metadata)
        _ = await outcome(try Fixtures.provider(Fixtures.settings(), at: other))
        let post = try #require(other.requests.first { $0.url == Fixtures.tokenPlace })
        #expect(post.value(of: "Authorization") == nil)
        #expect(post.form.isSuperset(of: ["client_id=gatehouse", "client_secret=s%25%2B%3A-"]))
        // Where both are taken, what form-coding would change goes into the body.
        metadata["token_endpoint_auth_methods_supported"] = [
            "client_secret_basic", "client_secret_post",
        ]
        let either = try Fixtures.fake(token: Fixtures.token())
        either.serve(Fixtures.discovery, metadata)
        _ = await outcome(try Fixtures.provider(Fixtures.settings(), at: either))
        let odd = try #require(either.requests.first { $0.url == Fixtures.tokenPlace })
        #expect(odd.value(of: "Authorization") == nil)
        #expect(odd.form.contains("client_secret=s%25%2B%3A-"))
        let settings = Fixtures.settings { $0.clientSecret = nil }
        let open = try Fixtures.fake(token: Fixtures.token())
        _ = await outcome(try Fixtures.provider(settings, at: open))
        let none = try #require(open.requests.first { $0.url == Fixtures.tokenPlace })
        #expect(none.value(of: "Authorization") == nil)
        #expect(none.form.contains("client_id=gatehouse"))
    }

    @Test("User info is asked for again after 250, 500 and 1 000 ms")
    func userInfoIsRepeated() async throws {
        let fake = try Fixtures.fake(token: Fixtures.token())
        let good = FakeProvider.answer(200, #"{"sub":"user-1"}"#)
        fake.serve(
            Fixtures.userInfoPlace,
            [
                .failure(.connectionLost(detail: "reset")), FakeProvider.answer(429, ""),
                FakeProvider.answer(502, ""), good,
            ]
        )
        let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
        #expect(result.fault == nil)
        #expect(fake.sleeps == [.milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(fake.count(Fixtures.tokenPlace) == 1)
    }

    @Test("After three more tries user info is given up, and at once where no try helps")
    func userInfoIsGivenUp() async throws {
        let down = try Fixtures.fake(token: Fixtures.token())
        down.serve(Fixtures.userInfoPlace, status: 500, text: "")
        let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: down))
        #expect(Kind(result.fault) == .unavailable)
        #expect(down.count(Fixtures.userInfoPlace) == 4)
        for status in [302, 401, 403, 404] {
            let fake = try Fixtures.fake(token: Fixtures.token())
            fake.serve(Fixtures.userInfoPlace, status: status, text: "{}")
            let result = await outcome(try Fixtures.provider(Fixtures.settings(), at: fake))
            #expect(result.isBroken("status \(status)"))
            #expect(fake.count(Fixtures.userInfoPlace) == 1)
        }
        let signed = try Fixtures.fake(token: Fixtures.token())
        signed.serve(Fixtures.userInfoPlace, text: "a.b.c", type: "application/jwt;charset=utf-8")
        let other = await outcome(try Fixtures.provider(Fixtures.settings(), at: signed))
        #expect(other.isBroken("signed user info"))
    }

    @Test("GitHub's refusal to show addresses, and Facebook's silence, are said in words")
    func missingAddresses() async throws {
        let fake = FakeProvider()
        fake.serve("https://github.com/login/oauth/access_token", Fixtures.answer(token: nil))
        fake.serve("https://api.github.com/user", ["id": 1])
        fake.serve("https://api.github.com/user/emails", status: 403, text: "{}")
        let github = try Fixtures.provider(Fixtures.settings(.github), at: fake)
        let result = await outcome(github)
        #expect(Kind(result.fault) == .refused(ProviderErrorWord.emailMissing))
        let token = try Fixtures.token(["iss": "https://www.facebook.com"])
        let preset = ProviderPreset.facebook
        fake.serve(preset.tokenEndpoint, Fixtures.answer(token: token))
        fake.serve(try #require(preset.userInfoEndpoint), ["id": "user-1"])
        let keys = try Fixtures.keySet([("k1", try #require(Fixtures.key))])
        fake.serve(try #require(preset.openID?.keySetURL), text: keys)
        let facebook = try Fixtures.provider(Fixtures.settings(.facebook), at: fake)
        #expect(Kind(await outcome(facebook).fault) == .refused(ProviderErrorWord.emailMissing))
    }

    @Test("`iss` of a callback must be the provider's, before anything else is believed")
    func callbackIssuer() async throws {
        let fake = try Fixtures.fake(token: Fixtures.token())
        let corp = try Fixtures.provider(Fixtures.settings(), at: fake)
        let right = Fixtures.callback(["code": "c-1", "iss": Fixtures.issuer])
        #expect(await outcome(corp, right).fault == nil)
        for parameters in [["code": "c-1"], ["error": "access_denied"]] {
            var wrong = parameters
            wrong["iss"] = "https://evil.test"
            #expect(await outcome(corp, Fixtures.callback(wrong)).isBroken("iss is another"))
        }
        let github = try Fixtures.provider(Fixtures.settings(.github), at: fake)
        let wrong = Fixtures.callback(["code": "c", "iss": "https://github.com"])
        #expect(await outcome(github, wrong).isBroken("iss is another"))
        let known = Fixtures.callback(["code": "c", "iss": "https://github.com/login/oauth"])
        #expect(!(await outcome(github, known).isBroken("iss")))
        var metadata = Fixtures.metadata
        metadata["authorization_response_iss_parameter_supported"] = true
        let promising = try Fixtures.fake(token: Fixtures.token())
        promising.serve(Fixtures.discovery, metadata)
        let strict = try Fixtures.provider(Fixtures.settings(), at: promising)
        #expect(await outcome(strict).isBroken("no iss"))
        #expect(await outcome(strict, right).fault == nil)
    }

    @Test("A callback without code and error, or with a huge code, is refused")
    func emptyCallback() async throws {
        let provider = try Fixtures.provider(Fixtures.settings(), at: Fixtures.fake(token: nil))
        for parameters in [[:], ["code": ""], ["code": String(repeating: "c", count: 4_097)]] {
            #expect(await outcome(provider, Fixtures.callback(parameters)).isBroken("neither"))
        }
    }

    @Test("No fault shows a code, a token, or a secret")
    func nothingSecretIsSaid() async throws {
        let fake = try Fixtures.fake(token: Fixtures.token(["nonce": "other"]))
        let provider = try Fixtures.provider(Fixtures.settings(), at: fake)
        let callback = Fixtures.callback(["code": "very-secret-code"])
        let detail = try #require(await outcome(provider, callback).fault?.logDetail)
        for secret in ["very-secret-code", Fixtures.accessToken, "s%+:-", "nonce-1"] {
            #expect(!detail.contains(secret))
        }
        let quoted = ProviderErrorWord.quoted("a\n\"b\u{1B}[31m\u{E9}")
        #expect(quoted == "\"a??b?[31m??\"")
    }
}
