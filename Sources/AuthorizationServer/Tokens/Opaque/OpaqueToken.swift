import Bytes
import Cryptography

/// The texts that mean nothing by themselves: codes, refresh tokens, states and cookies.
///
/// Every one holds at least 224 random bits, so that its plain SHA-256 is all that need be stored:
/// nobody can try them out.
enum OpaqueToken {
    /// Which text.
    enum Kind: Sendable, CaseIterable {
        /// The value of our own pages' session cookie: 43 letters of base64url.
        case browserSession
        /// An authorization code: 64 hexadecimal digits.
        case code
        /// A refresh token: 45 letters of Crockford's base32, as Stack's clients know them.
        case refreshToken
        /// A state of ours, towards a provider: 43 letters of base64url.
        case state
    }

    /// A fresh one.
    static func make(_ kind: Kind, random: RandomSource) -> String {
        let letters =
            switch kind {
            case .browserSession, .state: Base64URL.encode(random.bytes(32).span)
            case .code:
                random.bytes(32).flatMap {
                    [ASCII.lowercaseHexDigit($0 >> 4), ASCII.lowercaseHexDigit($0 & 0xF)]
                }
            // A letter takes five bits of its byte: 225 bits in all.
            case .refreshToken: random.bytes(45).map { crockfordLetters[Int($0 & 31)] }
            }
        return String(decoding: letters, as: UTF8.self)
    }

    /// What is stored in a token's place: its SHA-256.
    static func hash(_ token: String) -> [UInt8] {
        SHA256.digest([UInt8](token.utf8).span)
    }

    /// Without `i`, `l`, `o` and `u`, which are taken for others.
    private static let crockfordLetters = [UInt8]("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}
