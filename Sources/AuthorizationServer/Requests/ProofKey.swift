import Bytes
import Cryptography

/// PKCE with S256 (RFC 7636): the only method that is taken.
enum ProofKey {
    /// Whether the text can be an S256 challenge: 43 characters of base64url.
    static func isChallenge(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 43 && Base64URL.decode(bytes.span) != nil
    }

    /// Whether the text can be a verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
    static func isVerifier(_ text: String) -> Bool {
        (43...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                ASCII.isLetter(byte) || ASCII.isDigit(byte) || "-._~".utf8.contains(byte)
            }
    }

    /// The challenge of a verifier.
    static func challenge(of verifier: String) -> String {
        let bytes = Array(verifier.utf8)
        let digest = SHA256.digest(bytes.span)
        return Base64URL.encode(digest.span).span.text()
    }

    /// Whether the verifier is the one that the challenge was made of.
    static func verify(_ verifier: String, against challenge: String) -> Bool {
        guard isVerifier(verifier) else { return false }
        let made = Array(self.challenge(of: verifier).utf8)
        let wanted = Array(challenge.utf8)
        return made.span.constantTimeEquals(wanted.span)
    }
}
