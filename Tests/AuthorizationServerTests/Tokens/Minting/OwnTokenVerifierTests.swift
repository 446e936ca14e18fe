import Configuration
import JOSE
import JSON
import Testing

@testable import AuthorizationServer

struct OwnTokenVerifierTests {
    private static let now = TokenKit.time(TokenKit.start)

    /// What became of a token, in a word.
    private static func outcome(
        of text: String,
        _ ring: SigningKeyRing,
        settings: AuthorizationServerSettings = TokenKit.settings(),
        at milliseconds: Int64 = TokenKit.start
    ) -> String {
        let verifier = OwnTokenVerifier(ring: ring, settings: settings)
        do throws(OwnTokenFault) {
            return try verifier.verify(text, now: TokenKit.time(milliseconds)).realm.storedName
        } catch {
            switch error {
            case .expired(let claims): return "expired \(claims.subject ?? "")"
            case .foreign: return "foreign"
            case .unparsable: return "unparsable"
            }
        }
    }

    private static func token(
        _ ring: SigningKeyRing,
        subject: TokenSubject = TokenKit.user()
    ) throws -> MintedToken {
        try TokenKit.minter(ring).stack(
            subject,
            session: TokenKit.session(),
            clientID: TokenKit.projectID,
            lifetime: .seconds(600),
            now: now
        )
    }

    @Test
    func knowsTokensOfEveryRealm() async throws {
        let ring = try await TokenKit.ring()
        let project = "project/\(TokenKit.projectID)"
        let normal = try Self.token(ring)
        #expect(Self.outcome(of: normal.text, ring) == "\(project)/normal")
        let anonymous = try Self.token(ring, subject: TokenKit.user(isAnonymous: true))
        #expect(Self.outcome(of: anonymous.text, ring) == "\(project)/anonymous")
        let plain = try TokenKit.minter(ring).plain(
            TokenKit.user(),
            session: TokenKit.session(),
            client: TokenKit.client(audience: "another-api"),
            now: Self.now
        )
        #expect(Self.outcome(of: plain.text, ring) == "server")
        let verifier = OwnTokenVerifier(ring: ring, settings: TokenKit.settings())
        let own = try verifier.verify(plain.text, now: Self.now)
        #expect(own.claims.sessionID == TokenKit.session().id)
        #expect(own.claims.tokenID == plain.id)
    }

    @Test
    func anExpiredTokenIsStillBelieved() async throws {
        let ring = try await TokenKit.ring()
        let token = try Self.token(ring)
        let end = TokenKit.start + 600_000
        #expect(Self.outcome(of: token.text, ring, at: end - 1).hasSuffix("normal"))
        #expect(Self.outcome(of: token.text, ring, at: end) == "expired \(TokenKit.userID)")
    }

    @Test(arguments: ["", ".", "..", "a.b.c", "nonsense", String(repeating: "a", count: 100_000)])
    func otherTextsAreUnparsable(text: String) async throws {
        let ring = try await TokenKit.ring()
        #expect(Self.outcome(of: text, ring) == "unparsable")
    }

    @Test
    func aTokenOfAnotherServerIsForeign() async throws {
        let ring = try await TokenKit.ring()
        // The same issuer, but the keys of another store.
        let token = try Self.token(try await TokenKit.ring())
        #expect(Self.outcome(of: token.text, ring) == "foreign")
        var settings = TokenKit.settings()
        settings.url = "https://other.example.test"
        let own = try Self.token(ring)
        #expect(Self.outcome(of: own.text, ring, settings: settings) == "foreign")
    }

    @Test
    func anotherRealmsKeyDoesNotSign() async throws {
        let ring = try await TokenKit.ring()
        let signer = try ring.signer(for: .server, type: "at+jwt")
        let realm = KeyRealm.project(id: TokenKit.projectID, .normal)
        let forged = try signer.sign([
            "iss": .string(realm.issuer(url: TokenKit.url)), "sub": "somebody",
            "exp": .integer(TokenKit.start / 1_000 + 600), "client_id": "x",
        ])
        #expect(Self.outcome(of: String(decoding: forged, as: UTF8.self), ring) == "foreign")
    }

    @Test
    func aChangedTokenOrAnIDTokenIsUnparsable() async throws {
        let ring = try await TokenKit.ring()
        let token = try Self.token(ring)
        let parts = token.text.split(separator: ".").map(String.init)
        let other = try Self.token(ring, subject: TokenKit.user(restrictedReason: "other"))
        let mixed = "\(parts[0]).\(parts[1]).\(other.text.split(separator: ".")[2])"
        #expect(Self.outcome(of: mixed, ring) == "unparsable")
        let cut = "\(parts[0]).\(parts[1])."
        #expect(Self.outcome(of: cut, ring) == "unparsable")
        let identity = try IdentityTokenMinter(ring: ring, url: TokenKit.url).make(
            TokenKit.user(),
            session: TokenKit.session(),
            client: TokenKit.client(),
            nonce: "n",
            accessToken: token
        )
        #expect(Self.outcome(of: identity.text, ring) == "unparsable")
    }

    @Test
    func aTokenOfARetiredKeyIsKnownUntilItIsDead() async throws {
        let ring = try await TokenKit.ring()
        let token = try Self.token(ring)
        let realm = KeyRealm.project(id: TokenKit.projectID, .normal)
        try await ring.rotate(realm: realm, now: Self.now)
        #expect(Self.outcome(of: token.text, ring).hasSuffix("normal"))
        _ = try await ring.rotateIfDue(now: TokenKit.time(TokenKit.start + 600_000 + 300_000))
        #expect(ring.keySet(of: realm).keys.count == 1)
        #expect(Self.outcome(of: token.text, ring) == "foreign")
    }
}
