import Bytes

/// How we say at a token endpoint that we are the client that we are.
enum ProviderAuthentication: Sendable, Hashable {
    /// `client_secret_basic` (RFC 6749 §2.3.1).
    case basic
    /// `client_secret_post`.
    case body
    /// The provider takes both.
    case either

    /// What is sent for these credentials: Basic, unless its form-encoding would change them and the
    /// body is taken too.
    ///
    /// Half of all providers decode Basic as RFC 6749 §2.3.1 wants and half compare it as it stands
    /// (glewlwyd does); the body reads alike at all of them.
    func chosen(id: String, secret: String) -> ProviderAuthentication {
        guard self == .either else { return self }
        let isPlain = FormCoding.encode(id) == id && FormCoding.encode(secret) == secret
        return isPlain ? .basic : .body
    }
}

extension ProviderAuthentication {
    /// The value of `Authorization` for Basic, each half form-encoded first, as RFC 6749 wants.
    static func basicValue(id: String, secret: String) -> String {
        let pair = "\(FormCoding.encode(id)):\(FormCoding.encode(secret))"
        return "Basic \(base64([UInt8](pair.utf8)))"
    }

    /// Plain base64 with padding (RFC 4648 §4).
    private static func base64(_ bytes: [UInt8]) -> String {
        var text = Base64URL.encode(bytes.span).map { letter in
            switch letter {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: letter
            }
        }
        while !text.count.isMultiple(of: 4) {
            text.append(UInt8(ascii: "="))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
