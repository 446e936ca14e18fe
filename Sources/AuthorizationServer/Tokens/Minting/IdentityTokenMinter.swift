import Bytes
import Configuration
import Cryptography
import EventLoop
import JOSE
import JSON

/// Makes ID tokens (OpenID Connect Core §2): for the client that asked, never for a route.
struct IdentityTokenMinter: Sendable {
    let ring: SigningKeyRing
    /// The authorization server's URL.
    let url: String

    /// The ID token that is answered with an access token.
    ///
    /// It lives as long as that one. It has `typ: JWT` and no scope, so that nobody takes it for an
    /// access token.
    func make(
        _ subject: TokenSubject,
        session: TokenSession,
        client: ClientSettings,
        nonce: String,
        accessToken: MintedToken
    ) throws(SigningKeyFault) -> MintedToken {
        let signer = try ring.signer(for: .server, type: "JWT")
        var claims: JSONObject = [
            "iss": .string(url),
            "aud": .string(client.id),
            "sub": .string(subject.userID),
            "iat": .integer(accessToken.issuedAt),
            "exp": .integer(accessToken.expiresAt),
            "auth_time": .integer(session.authenticatedAt / 1_000),
            "sid": .string(session.id),
            "at_hash": .string(Self.hash(of: accessToken.text, algorithm: signer.algorithm)),
        ]
        if !nonce.isEmpty {
            claims["nonce"] = .string(nonce)
        }
        ProfileClaims.append(of: subject, scopes: session.scopes, to: &claims)
        let bytes: [UInt8]
        do throws(CryptographyFault) {
            bytes = try signer.sign(claims)
        } catch {
            throw .cryptography(error)
        }
        return MintedToken(
            text: String(decoding: bytes, as: UTF8.self),
            id: "",
            issuedAt: accessToken.issuedAt,
            expiresAt: accessToken.expiresAt
        )
    }

    /// `at_hash` (OpenID Connect Core §3.1.3.6): the left half of the digest that the signature uses.
    ///
    /// Ed25519 hashes with SHA-512 inside, which is what clients take for it.
    static func hash(of token: String, algorithm: Algorithm) -> String {
        let function: DigestFunction =
            switch algorithm {
            case .es256, .hs256, .ps256, .rs256: .sha256
            case .es384, .ps384, .rs384: .sha384
            case .eddsa, .es512, .ps512, .rs512: .sha512
            }
        let digest = function.digest([UInt8](token.utf8).span)
        let half = [UInt8](digest.prefix(function.size / 2))
        return String(decoding: Base64URL.encode(half.span), as: UTF8.self)
    }
}
