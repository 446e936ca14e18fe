import JSON
import Testing

@testable import AuthorizationServer
@testable import Configuration

/// The table of section 12: where browsers are sent.
struct PresetTests {
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    private static let common =
        "&response_type=code"
        + "&redirect_uri=https%3A%2F%2Fgate.test%2Fapi%2Fv1%2Fauth%2Foauth%2Fcallback%2Fcorp"
    private static let proof = "&code_challenge_method=S256&code_challenge=\(challenge)"
    private static let state = "&state=state-1"
    private static let nonce = "&nonce=nonce-1"
    private static let offline = "&access_type=offline&prompt=consent"

    private static func url(_ endpoint: String, _ scope: String, _ rest: String) -> String {
        "\(endpoint)?client_id=gatehouse&scope=\(scope)\(rest)"
    }

    static let rows: [(ProviderKind, String)] = [
        (
            .apple,
            url(
                "https://appleid.apple.com/auth/authorize",
                "name%20email",
                common + proof + state + nonce + offline + "&response_mode=form_post"
            )
        ),
        (
            .bitbucket,
            url(
                "https://bitbucket.org/site/oauth2/authorize",
                "account%20email",
                common + proof + state + offline
            )
        ),
        (
            .discord,
            url(
                "https://discord.com/oauth2/authorize",
                "identify%20email",
                common + proof + state + offline
            )
        ),
        (
            .facebook,
            url(
                "https://www.facebook.com/v20.0/dialog/oauth",
                "openid%20public_profile%20email",
                common + proof + state + nonce + offline
            )
        ),
        (
            .github,
            url(
                "https://github.com/login/oauth/authorize",
                "user%3Aemail",
                common + proof + state + offline
            )
        ),
        (
            .gitlab,
            url("https://gitlab.com/oauth/authorize", "read_user", common + proof + state + offline)
        ),
        (
            .google,
            url(
                "https://accounts.google.com/o/oauth2/v2/auth",
                "openid%20https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.email"
                    + "%20https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.profile",
                common + proof + state + nonce + offline + "&include_granted_scopes=true"
            )
        ),
        (
            .linkedin,
            url(
                "https://www.linkedin.com/oauth/v2/authorization",
                "openid%20profile%20email",
                common + state + nonce + offline
            )
        ),
        (
            .microsoft,
            url(
                "https://login.microsoftonline.com/consumers/oauth2/v2.0/authorize",
                "User.Read%20openid",
                common + proof + state + nonce + offline
            )
        ),
        (
            .openID,
            url(
                "https://id.test/authorize",
                "openid%20email%20profile",
                common + proof + state + nonce
            )
        ),
        (
            .spotify,
            url(
                "https://accounts.spotify.com/authorize",
                "user-read-email%20user-read-private",
                common + proof + state + offline
            )
        ),
        (
            .twitch,
            url(
                "https://id.twitch.tv/oauth2/authorize",
                "user%3Aread%3Aemail",
                common + proof + state + offline
            )
        ),
        (
            .x,
            url(
                "https://twitter.com/i/oauth2/authorize",
                "users.read%20offline.access%20tweet.read",
                common + proof + state + offline
            )
        ),
    ]

    @Test("Each provider gets its own parameters", arguments: rows)
    func authorizationURL(kind: ProviderKind, expected: String) async throws {
        let fake = try Fixtures.fake(token: nil)
        let provider = try Fixtures.provider(Fixtures.settings(kind), at: fake)
        #expect(try await provider.authorizationURL(Fixtures.request) == expected)
        #expect(provider.usesFormPost == (kind == .apple))
        #expect(fake.requests.isEmpty == (kind != .openID))
    }

    @Test("Every kind but our own accounts has a row")
    func everyKindHasARow() {
        let kinds = Set(Self.rows.map(\.0))
        #expect(kinds.union([.local]) == Set(ProviderKind.allCases))
        for kind in ProviderKind.allCases {
            #expect((ProviderPreset.of(Fixtures.settings(kind)) == nil) == (kind == .local))
        }
    }

    @Test("The conf and the request add to the URL what they say")
    func overridesAreTaken() async throws {
        let settings = Fixtures.settings(.github) {
            $0.authorizationEndpoint = "https://git.corp.test/login?x=1"
            $0.scopes = ["read:user"]
        }
        let provider = try Fixtures.provider(settings, at: FakeProvider())
        var request = Fixtures.request
        request.extraScopes = ["repo", "read:user", "", "a b", "\"", "repo"]
        request.loginHint = "a&b@c.test"
        let url = try await provider.authorizationURL(request)
        #expect(
            url.hasPrefix("https://git.corp.test/login?x=1&client_id=gatehouse")
                && url.contains("&scope=read%3Auser%20repo&")
                && url.hasSuffix("&login_hint=a%26b%40c.test")
        )
    }

    @Test("`openid` is asked for by OpenID Connect, and consent for offline access")
    func openIDScopeIsAdded() async throws {
        let settings = Fixtures.settings { $0.scopes = ["email", "offline_access"] }
        let provider = try Fixtures.provider(settings, at: Fixtures.fake(token: nil))
        let url = try await provider.authorizationURL(Fixtures.request)
        #expect(url.contains("&scope=openid%20email%20offline_access&"))
        #expect(url.contains("&prompt=consent"))
    }

    @Test("Microsoft's tenant stands in every place, and decides who signs")
    func microsoftTenants() {
        let guid = "0a1b2c3d-0000-4000-8000-0123456789ab"
        let consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"
        let other = "ffffffff-0000-4000-8000-0123456789ab"
        func issuer(_ tenant: String) -> String {
            "https://login.microsoftonline.com/\(tenant)/v2.0"
        }
        let rows: [(tenant: String?, admitted: [String], refused: [String])] = [
            (nil, [consumers], [guid, other]),
            ("common", [consumers, guid, other], []),
            ("organizations", [guid, other], [consumers]),
            ("corp.onmicrosoft.com", [guid], [consumers]),
            (guid.uppercased(), [guid], [other, consumers]),
        ]
        for row in rows {
            let preset = ProviderPreset.microsoft(tenant: row.tenant)
            let patterns = preset.openID?.issuers ?? []
            for tenant in row.admitted {
                #expect(patterns.contains { $0.admits(issuer(tenant), tenant: tenant) })
                #expect(patterns.contains { $0.admits(issuer(tenant)) })
            }
            for tenant in row.refused {
                #expect(!patterns.contains { $0.admits(issuer(tenant), tenant: tenant) })
            }
        }
        let common = ProviderPreset.microsoft(tenant: "common").openID?.issuers.first
        #expect(common?.admits(issuer(guid), tenant: other) == false)
        #expect(common?.admits(issuer(guid), tenant: nil) == false)
        #expect(common?.admits(issuer("{tenantid}"), tenant: "{tenantid}") == false)
        #expect(common?.admits(issuer("a/\(guid)"), tenant: "a/\(guid)") == false)
        #expect(common?.admits("https://evil.test/\(guid)/v2.0", tenant: guid) == false)
    }
}
