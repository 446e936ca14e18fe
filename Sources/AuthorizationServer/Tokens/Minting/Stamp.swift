import Cryptography
import EventLoop
import JOSE
import JSON

/// The name and the times of a token in the making.
struct Stamp {
    /// `jti`.
    let id: String
    /// `iat`, in seconds since 1970.
    let issuedAt: Int64
    /// `exp`, in seconds since 1970.
    let expiresAt: Int64

    /// Names a token and lets it begin now.
    ///
    /// It lives whole seconds, one at least: rounding must not make it dead at birth.
    init(lifetime: Duration, now: WallTime, random: RandomSource) {
        id = random.uuid()
        issuedAt = now.secondsSince1970
        expiresAt = issuedAt.addingClamped(max(1, lifetime.components.seconds))
    }

    /// The token with these claims.
    func token(_ claims: JSONObject, _ signer: TokenSigner) throws(SigningKeyFault) -> MintedToken {
        try token { () throws(CryptographyFault) in try signer.sign(claims) }
    }

    /// The token that `sign` makes.
    func token(
        _ sign: () throws(CryptographyFault) -> [UInt8]
    ) throws(SigningKeyFault) -> MintedToken {
        let bytes: [UInt8]
        do throws(CryptographyFault) {
            bytes = try sign()
        } catch {
            throw .cryptography(error)
        }
        return MintedToken(
            text: String(decoding: bytes, as: UTF8.self),
            id: id,
            issuedAt: issuedAt,
            expiresAt: expiresAt
        )
    }
}
