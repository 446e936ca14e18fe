import Configuration
import JOSE
import JSON
import Testing

@testable import AuthorizationServer

struct IdentityTokenMinterTests {
    private static func minted(
        scopes: [String],
        nonce: String
    ) async throws -> (access: MintedToken, header: TokenHeader, claims: JSONObject) {
        let ring = try await TokenKit.ring()
        let session = TokenKit.session(scopes: scopes)
        let client = TokenKit.client(audience: "orders-api")
        let access = try TokenKit.minter(ring).plain(
            TokenKit.user(),
            session: session,
            client: client,
            now: TokenKit.time(TokenKit.start)
        )
        let token = try IdentityTokenMinter(ring: ring, url: TokenKit.url).make(
            TokenKit.user(),
            session: session,
            client: client,
            nonce: nonce,
            accessToken: access
        )
        let (header, claims) = try TokenKit.verified(token, by: ring.keySet(of: .server))
        return (access, header, claims)
    }

    @Test
    func isForItsClient() async throws {
        let (access, header, claims) = try await Self.minted(scopes: ["openid"], nonce: "n-0S6")
        #expect(header.type == "jwt")
        let expected: JSONObject = [
            "iss": .string(TokenKit.url),
            "aud": "reporting",
            "sub": .string(TokenKit.userID),
            "iat": .integer(TokenKit.start / 1_000),
            "exp": .integer(access.expiresAt),
            "auth_time": .integer(TokenKit.start / 1_000 - 3_600),
            "sid": "5c5d6a0a-52fc-4b61-9a63-1d2a3a4b5c6d",
            "at_hash": .string(IdentityTokenMinter.hash(of: access.text, algorithm: .es256)),
            "nonce": "n-0S6",
        ]
        #expect(claims == expected)
    }

    @Test
    func saysOfAPersonWhatTheScopesAllow() async throws {
        let claims = try await Self.minted(scopes: ["openid", "email", "profile"], nonce: "").claims
        #expect(claims["email"] == "ada@example.test")
        #expect(claims["email_verified"] == true)
        #expect(claims["name"] == "Ada Lovelace")
        #expect(!claims.contains("nonce"))
    }

    /// OpenID Connect Core, appendix A.3.
    @Test
    func hashesAsOpenIDDoes() {
        #expect(
            IdentityTokenMinter.hash(
                of: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
                algorithm: .rs256
            ) == "77QmUPtjPfzWtF2AnpK9RQ"
        )
        #expect(IdentityTokenMinter.hash(of: "x", algorithm: .eddsa).utf8.count == 43)
    }
}
