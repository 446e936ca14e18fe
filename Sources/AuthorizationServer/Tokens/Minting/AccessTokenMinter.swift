import Configuration
import Cryptography
import EventLoop
import JOSE
import JSON

/// Makes access tokens of the three dialects.
///
/// All have `typ: at+jwt`, `jti`, `client_id` and `scope`; the rest is what each dialect's clients
/// read.
struct AccessTokenMinter: Sendable {
    let ring: SigningKeyRing
    /// The authorization server's URL: the issuer of plain and Dressipi tokens.
    let url: String
    let random: RandomSource

    /// A token of a Stack project, signed by the keys of the user's class.
    ///
    /// Its `aud` is one text, never an array, and every claim stands there, `null` included: the
    /// clients' parser demands it.
    func stack(
        _ subject: TokenSubject,
        session: TokenSession,
        clientID: String,
        lifetime: Duration,
        now: WallTime
    ) throws(SigningKeyFault) -> MintedToken {
        let realm = KeyRealm.project(id: subject.projectID, subject.userClass)
        let stamp = Stamp(lifetime: lifetime, now: now, random: random)
        let reason = subject.restrictedReason.map {
            JSONValue.object(["type": .string($0)])
        }
        let claims: JSONObject = [
            "iss": .string(realm.issuer(url: url)),
            "aud": .string(Self.audience(of: subject)),
            "sub": .string(subject.userID),
            "iat": .integer(stamp.issuedAt),
            "exp": .integer(stamp.expiresAt),
            "jti": .string(stamp.id),
            "client_id": .string(clientID),
            "scope": .string(session.scopeText),
            "project_id": .string(subject.projectID),
            "branch_id": "main",
            "refresh_token_id": .string(session.id),
            "role": "authenticated",
            "name": subject.name.map { .string($0) } ?? .null,
            "email": subject.email.map { .string($0) } ?? .null,
            "email_verified": .boolean(subject.isEmailVerified),
            "selected_team_id": .null,
            "is_anonymous": .boolean(subject.isAnonymous),
            "is_restricted": .boolean(subject.isRestricted),
            "restricted_reason": reason ?? .null,
            "requires_totp_mfa": false,
            "signed_up_at": .integer(subject.signedUpAt / 1_000),
        ]
        let signer = try ring.signer(for: realm, type: Self.type)
        return try stamp.token(claims, signer)
    }

    /// A plain token for a user (RFC 9068).
    ///
    /// Address and name stand in it only where the scopes `email` and `profile` were granted.
    func plain(
        _ subject: TokenSubject,
        session: TokenSession,
        client: ClientSettings,
        now: WallTime
    ) throws(SigningKeyFault) -> MintedToken {
        let stamp = Stamp(lifetime: client.tokens.accessTokenLifetime, now: now, random: random)
        var claims = userClaims(subject, session, client, stamp)
        ProfileClaims.append(of: subject, scopes: session.scopes, to: &claims)
        return try stamp.token(claims, try ring.signer(for: .server, type: Self.type))
    }

    /// A token that a client gets for itself (RFC 6749 §4.4): no user, no session.
    func machine(
        client: ClientSettings,
        projectID: String,
        scopes: [String],
        now: WallTime
    ) throws(SigningKeyFault) -> MintedToken {
        let stamp = Stamp(lifetime: client.tokens.accessTokenLifetime, now: now, random: random)
        var claims = baseClaims(of: client, stamp)
        claims["sub"] = .string(client.id)
        claims["scope"] = .string(scopes.joined(separator: " "))
        claims["project_id"] = .string(projectID)
        return try stamp.token(claims, try ring.signer(for: .server, type: Self.type))
    }

    /// A Dressipi token: a plain one, written so that its client can read it.
    func dressipi(
        _ subject: TokenSubject,
        session: TokenSession,
        client: ClientSettings,
        now: WallTime
    ) throws(SigningKeyFault) -> MintedToken {
        let stamp = Stamp(lifetime: client.tokens.accessTokenLifetime, now: now, random: random)
        let claims = userClaims(subject, session, client, stamp)
        let text = PlainBase64Claims.text(of: claims)
        let signer = try ring.signer(for: .server, type: Self.type)
        return try stamp.token { () throws(CryptographyFault) in
            try signer.sign(claimsText: text.span)
        }
    }

    private func userClaims(
        _ subject: TokenSubject,
        _ session: TokenSession,
        _ client: ClientSettings,
        _ stamp: Stamp
    ) -> JSONObject {
        var claims = baseClaims(of: client, stamp)
        claims["sub"] = .string(subject.userID)
        claims["scope"] = .string(session.scopeText)
        claims["project_id"] = .string(subject.projectID)
        claims["session_id"] = .string(session.id)
        claims["auth_time"] = .integer(session.authenticatedAt / 1_000)
        claims["is_anonymous"] = .boolean(subject.isAnonymous)
        claims["is_restricted"] = .boolean(subject.isRestricted)
        return claims
    }

    private func baseClaims(of client: ClientSettings, _ stamp: Stamp) -> JSONObject {
        [
            "iss": .string(url),
            "aud": .string(client.audience ?? url),
            "iat": .integer(stamp.issuedAt),
            "exp": .integer(stamp.expiresAt),
            "jti": .string(stamp.id),
            "client_id": .string(client.id),
        ]
    }

    /// The audience of a Stack token: its suffix always says what the flags say.
    static func audience(of subject: TokenSubject) -> String {
        switch subject.userClass {
        case .anonymous: "\(subject.projectID):anon"
        case .normal: subject.projectID
        case .restricted: "\(subject.projectID):restricted"
        }
    }

    /// RFC 9068 §2.1.
    static let type = "at+jwt"
}
