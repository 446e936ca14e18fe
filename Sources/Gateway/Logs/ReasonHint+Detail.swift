extension ReasonHint {
    /// By reason and detail, where the detail tells more about what to do.
    internal static func hint(reason: String, detail: String) -> String? {
        switch reason {
        case "request_malformed": aboutFraming[detail]
        case "head_too_large": aboutSize[detail]
        case "token_malformed": aboutCoding[detail]
        case "header_unsupported": aboutHeader[detail]
        case "key_unknown", "key_unsuitable", "keys_unavailable": aboutKey[detail]
        case "signature_malformed": aboutSignature[detail]
        case "claim_invalid", "claim_missing", "claim_mismatch":
            aboutClaim(reason: reason, detail: detail)
        default: nil
        }
    }

    private static let aboutFraming = [
        "path.ambiguous":
            "the path has a form that back ends read differently (encoded slash, `..`, `//`, "
            + "backslash): correct the link, or see `merge_slashes` and `allow_encoded_slash`",
        "path.malformed": "the path is not well formed: a `%` without two digits, or no UTF-8",
        "head.host": "the `Host` field is missing, twice there, or no name: correct the client",
        "head.content_length":
            "`Content-Length` is malformed or twice there: a sign of request smuggling, or of a "
            + "broken proxy in front",
        "head.transfer_encoding":
            "`Transfer-Encoding` is not a single `chunked`, or stands beside `Content-Length`: a "
            + "sign of request smuggling, or of a broken proxy in front",
        "head.bare_lf": "lines end in a bare line feed: a client made by hand, or smuggling",
        "head.obs_fold": "a field is folded over two lines, which no client does today",
        "head.space_before_colon": "a blank stands before a colon: a sign of request smuggling",
        "head.http2_preface": "the client speaks HTTP/2 without having negotiated it",
        "head.connection_field":
            "a field of HTTP/1's connections (`Connection`, `Transfer-Encoding`, `Upgrade`, `TE`) came "
            + "over HTTP/2: a broken client, or a sign of request smuggling",
        "head.upper_case": "a field's name has a letter in upper case, which HTTP/2 forbids",
        "head.field_value": "a field's value begins or ends with a blank, which HTTP/2 forbids",
        "head.pseudo":
            "a pseudo-header (`:method`, `:path`, `:scheme`, `:authority`) is missing, repeated, out of "
            + "place or malformed: a client made by hand, or smuggling",
        "head.protocol": "an extended CONNECT asks for another protocol than `websocket`",
        "body.length":
            "the body has not the length that `Content-Length` says: a broken client, or smuggling",
        "head.request_line":
            "the first line is no HTTP request: perhaps TLS sent to a plain listener, or a scanner",
        "head.timeout": "the head did not arrive in time: a slow client, or a slowloris",
        "body.timeout": "the body did not arrive in time: a slow client, or a slowloris",
    ]

    private static let aboutSize = [
        "head.target_size": "the address is too long: raise `target_limit`, or use a body",
        "head.field_count": "too many fields: raise `field_limit`, or look at the client",
        "head.size": "the head is too large: cookies that pile up, or raise `head_limit`",
    ]

    private static let aboutCoding = [
        "token.parts": "the token has not three parts: an opaque token, or a cut one",
        "token.empty": "a part of the token is empty: a broken client, or an attempt at forging",
        "base64.header": "the token's header is not base64url without padding",
        "base64.claims": "the token's claims are not base64url without padding",
        "json.header": "the token's header is no strict JSON: a name twice, or no JSON at all",
        "json.claims": "the token's claims are no strict JSON: a name twice, or no JSON at all",
    ]

    private static let aboutHeader = [
        "header.jwk": keyInHeader("jwk"),
        "header.jku": keyInHeader("jku"),
        "header.x5u": keyInHeader("x5u"),
        "header.x5c": keyInHeader("x5c"),
        "header.crit": "the header marks an extension as critical that is not known here",
        "header.b64": "the payload is not encoded (`b64`: false), which no access token is",
        "header.zip": "the token is compressed, which is not supported",
        "header.cty": "the token holds another token, which is not supported",
    ]

    private static func keyInHeader(_ name: String) -> String {
        "the token brings its own key (`\(name)`), which is never used: a forgery, unless the "
            + "issuer is known to do so; then set `ignore_header_keys on` for it"
    }

    private static let aboutKey = [
        "key.size": "the issuer's key is under 2048 bits: it must publish a larger one",
        "key.roca": "the issuer's key has the weakness known as ROCA: it must be replaced at once",
        "key.alg": "the key is published for another `alg` than the token names",
        "key.use": "the key is published for another `use` than signatures",
        "key.key_ops": "the key's `key_ops` do not list `verify`",
        "key.kty": "the key's type does not fit the token's algorithm",
        "key.ambiguous":
            "the token has no `kid` and several keys would fit: the issuer must set it",
        "header.kid": "the token has no usable `kid`: the issuer must set it",
    ]

    private static let aboutSignature = [
        "signature.der": "the signature is coded in DER: the issuer must send r and s, joined",
        "signature.zero": "the signature is all zeros: an attempt at forging",
        "signature.length": "the signature is too long or short for its algorithm: a cut token",
        "base64.signature": "the signature is not base64url without padding: an altered token",
    ]

    private static func aboutClaim(reason: String, detail: String) -> String? {
        guard detail.hasPrefix("claim.") else { return nil }
        let name = TerminalText.safe(String(detail.dropFirst("claim.".count)), width: 40)
        switch (reason, name) {
        case ("claim_missing", "exp"):
            return "the token has no `exp` and would be good for ever: the issuer must set it"
        case ("claim_missing", "required"), ("claim_mismatch", _):
            return nil
        case ("claim_missing", _):
            return "the token has no `\(name)`: the issuer must set it"
        default:
            return "the token's `\(name)` has a wrong type or is out of range: the issuer must "
                + "correct it"
        }
    }
}
