import Bytes
import Configuration
import JOSE
import JSON
import Testing

@testable import AuthorizationServer

struct AccessTokenMinterTests {
    private static let now = TokenKit.time(TokenKit.start)
    private static let seconds = TokenKit.start / 1_000

    private static func stack(
        _ subject: TokenSubject,
        _ ring: SigningKeyRing
    ) throws -> MintedToken {
        try TokenKit.minter(ring).stack(
            subject,
            session: TokenKit.session(),
            clientID: TokenKit.projectID,
            lifetime: .seconds(600),
            now: now
        )
    }

    @Test("Contract 11: the claims of a Stack token, and no others")
    func stackClaims() async throws {
        let ring = try await TokenKit.ring()
        let token = try Self.stack(TokenKit.user(), ring)
        let realm = KeyRealm.project(id: TokenKit.projectID, .normal)
        let (header, claims) = try TokenKit.verified(token, by: ring.keySet(of: realm))
        #expect(header.type == "at+jwt")
        #expect(header.algorithm == .es256)
        #expect(header.keyID == ring.keySet(of: realm).keys.first?.keyID)
        let expected: JSONObject = [
            "iss": .string("\(TokenKit.url)/api/v1/projects/\(TokenKit.projectID)"),
            "aud": .string(TokenKit.projectID),
            "sub": .string(TokenKit.userID),
            "iat": .integer(Self.seconds),
            "exp": .integer(Self.seconds + 600),
            "jti": "00010203-0405-4607-8809-0a0b0c0d0e0f",
            "client_id": .string(TokenKit.projectID),
            "scope": "orders:read orders:write",
            "project_id": .string(TokenKit.projectID),
            "branch_id": "main",
            "refresh_token_id": "5c5d6a0a-52fc-4b61-9a63-1d2a3a4b5c6d",
            "role": "authenticated",
            "name": "Ada Lovelace",
            "email": "ada@example.test",
            "email_verified": true,
            "selected_team_id": .null,
            "is_anonymous": false,
            "is_restricted": false,
            "restricted_reason": .null,
            "requires_totp_mfa": false,
            "signed_up_at": .integer(Self.seconds - 86_400),
        ]
        #expect(claims == expected)
        #expect(token.id == "00010203-0405-4607-8809-0a0b0c0d0e0f")
        #expect(token.expiresAt == Self.seconds + 600)
        #expect(token.lifetimeSeconds == 600)
    }

    struct Row: Sendable {
        let isAnonymous: Bool
        let reason: String?
        let userClass: UserClass
        let audience: String
        let issuerPart: String
        let claimed: JSONValue
    }

    @Test(
        "Contract 11: class, audience, issuer and reason go together",
        arguments: [
            Row(
                isAnonymous: false,
                reason: nil,
                userClass: .normal,
                audience: "",
                issuerPart: "projects",
                claimed: .null
            ),
            Row(
                isAnonymous: false,
                reason: "email_not_verified",
                userClass: .restricted,
                audience: ":restricted",
                issuerPart: "projects-restricted-users",
                claimed: .object(["type": "email_not_verified"])
            ),
            Row(
                isAnonymous: true,
                reason: nil,
                userClass: .anonymous,
                audience: ":anon",
                issuerPart: "projects-anonymous-users",
                claimed: .object(["type": "anonymous"])
            ),
            Row(
                isAnonymous: true,
                reason: "restricted_by_administrator",
                userClass: .anonymous,
                audience: ":anon",
                issuerPart: "projects-anonymous-users",
                claimed: .object(["type": "anonymous"])
            ),
        ]
    )
    func stackClasses(row: Row) async throws {
        let ring = try await TokenKit.ring()
        let subject = TokenKit.user(isAnonymous: row.isAnonymous, restrictedReason: row.reason)
        let token = try Self.stack(subject, ring)
        for userClass in UserClass.allCases {
            let set = ring.keySet(of: .project(id: TokenKit.projectID, userClass))
            guard userClass == row.userClass else {
                #expect(throws: TokenFault.self) { try TokenKit.verified(token, by: set) }
                continue
            }
            let claims = try TokenKit.verified(token, by: set).claims
            #expect(claims["aud"] == .string(TokenKit.projectID + row.audience))
            #expect(
                claims["iss"]
                    == .string("\(TokenKit.url)/api/v1/\(row.issuerPart)/\(TokenKit.projectID)")
            )
            #expect(claims["is_anonymous"] == .boolean(row.isAnonymous))
            #expect(claims["is_restricted"] == .boolean(row.userClass != .normal))
            #expect(claims["restricted_reason"] == row.claimed)
            #expect(claims["role"] == "authenticated")
        }
    }

    @Test("A missing name or address is null, never absent")
    func stackNulls() async throws {
        let ring = try await TokenKit.ring()
        let token = try Self.stack(TokenKit.user(isAnonymous: true), ring)
        let realm = KeyRealm.project(id: TokenKit.projectID, .anonymous)
        let claims = try TokenKit.verified(token, by: ring.keySet(of: realm)).claims
        #expect(claims["name"] == .null)
        #expect(claims["email"] == .null)
        #expect(claims["email_verified"] == false)
    }

    @Test(
        "RFC 9068: a plain token says of a person what the scopes allow",
        arguments: [
            (["orders:read"], [] as [String]),
            (["openid", "email"], ["email", "email_verified"]),
            (["profile"], ["name"]),
            (["email", "profile"], ["email", "email_verified", "name"]),
        ]
    )
    func plainClaims(scopes: [String], names: [String]) async throws {
        let ring = try await TokenKit.ring()
        let token = try TokenKit.minter(ring).plain(
            TokenKit.user(),
            session: TokenKit.session(scopes: scopes),
            client: TokenKit.client(audience: "orders-api"),
            now: Self.now
        )
        let (header, claims) = try TokenKit.verified(token, by: ring.keySet(of: .server))
        #expect(header.type == "at+jwt")
        let expected: JSONObject = [
            "iss": .string(TokenKit.url),
            "aud": "orders-api",
            "iat": .integer(Self.seconds),
            "exp": .integer(Self.seconds + 600),
            "jti": .string(token.id),
            "client_id": "reporting",
            "sub": .string(TokenKit.userID),
            "scope": .string(scopes.joined(separator: " ")),
            "project_id": .string(TokenKit.projectID),
            "session_id": "5c5d6a0a-52fc-4b61-9a63-1d2a3a4b5c6d",
            "auth_time": .integer(Self.seconds - 3_600),
            "is_anonymous": false,
            "is_restricted": false,
        ]
        for member in expected.members {
            #expect(claims[member.name] == member.value, "\(member.name)")
        }
        #expect(claims.members.dropFirst(expected.count).map(\.name) == names)
    }

    @Test("Without an audience of its own a client's tokens are for the issuer")
    func plainAudience() async throws {
        let ring = try await TokenKit.ring()
        let token = try TokenKit.minter(ring).plain(
            TokenKit.user(),
            session: TokenKit.session(),
            client: TokenKit.client(),
            now: Self.now
        )
        let claims = try TokenKit.verified(token, by: ring.keySet(of: .server)).claims
        #expect(claims["aud"] == .string(TokenKit.url))
    }

    @Test("A machine's token is its client's: no user, no session")
    func machineClaims() async throws {
        let ring = try await TokenKit.ring()
        let token = try TokenKit.minter(ring).machine(
            client: TokenKit.client(audience: "orders-api"),
            projectID: "default",
            scopes: ["orders:read"],
            now: Self.now
        )
        let claims = try TokenKit.verified(token, by: ring.keySet(of: .server)).claims
        let expected: JSONObject = [
            "iss": .string(TokenKit.url),
            "aud": "orders-api",
            "iat": .integer(Self.seconds),
            "exp": .integer(Self.seconds + 600),
            "jti": .string(token.id),
            "client_id": "reporting",
            "sub": "reporting",
            "scope": "orders:read",
            "project_id": "default",
        ]
        #expect(claims == expected)
    }

    @Test(
        "Contract 20.2: whatever the conf says, a Dressipi payload has neither `-` nor `_`",
        arguments: [
            "fashion-app", ">>>???~~~\u{7F}\u{7F}", "größe 👗 \\ \" \n", "a>", "ab?", "abc~",
        ]
    )
    func dressipiClaims(audience: String) async throws {
        let ring = try await TokenKit.ring()
        let minter = TokenKit.minter(ring)
        let client = TokenKit.client(id: "fashion-app", dialect: .dressipi, audience: audience)
        // Three lengths in front, so that the letters come to stand at each place of a group.
        for scope in ["a", "ab", "abc"] {
            let token = try minter.dressipi(
                TokenKit.user(isAnonymous: true),
                session: TokenKit.session(scopes: [scope, audience]),
                client: client,
                now: Self.now
            )
            let payload = token.text.split(separator: ".")[1]
            #expect(!payload.contains("-") && !payload.contains("_"))
            let claims = try TokenKit.verified(token, by: ring.keySet(of: .server)).claims
            #expect(claims["aud"] == .string(audience))
            #expect(claims["scope"] == .string("\(scope) \(audience)"))
            #expect(claims["sub"] == .string(TokenKit.userID))
            #expect(claims["is_anonymous"] == true)
        }
    }

    @Test("A token is never shown")
    func tokenIsNotShown() async throws {
        let ring = try await TokenKit.ring()
        let token = try Self.stack(TokenKit.user(), ring)
        #expect("\(token)" == "(token \(token.id))")
        #expect(Mirror(reflecting: token).children.isEmpty)
    }
}
