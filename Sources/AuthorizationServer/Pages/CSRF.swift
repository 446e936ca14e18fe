import Bytes
import Configuration
import Cryptography

/// Tokens that tie a form to the browser that it was shown to.
///
/// A token is a keyed hash of which form it is, which attempt it belongs to and which browser has it:
/// nothing is stored, and a token of one form, attempt or browser is worth nothing elsewhere.
enum CSRF {
    /// The `info` (HKDF) or purpose under which the key is derived from the sealing key.
    static let keyPurpose = "gatehouse csrf v1"

    /// The token, in base64url.
    ///
    /// - Parameters:
    ///   - form: The endpoint that takes the form.
    ///   - flow: The reference of the attempt; empty where there is none.
    ///   - browser: What only this browser has: the value of its cookie.
    ///   - key: 32 bytes, derived for ``keyPurpose``.
    /// - Returns: 43 characters.
    static func token(form: Endpoint, flow: String, browser: String, key: [UInt8]) -> String {
        var message: [UInt8] = []
        for part in [form.rawValue, flow, browser] {
            // Lengths go before the parts, so that no two triples make the same message.
            let count = UInt64(part.utf8.count)
            message += (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
            message += part.utf8
        }
        let code = HMAC.code(for: message.span, key: key.span)
        return String(decoding: Base64URL.encode(code.span), as: UTF8.self)
    }

    /// Whether `token` is the one for this form, attempt and browser; in constant time.
    static func isValid(
        _ token: String,
        form: Endpoint,
        flow: String,
        browser: String,
        key: [UInt8]
    ) -> Bool {
        let expected = [UInt8](self.token(form: form, flow: flow, browser: browser, key: key).utf8)
        let given = [UInt8](token.utf8)
        return expected.span.constantTimeEquals(given.span)
    }
}
