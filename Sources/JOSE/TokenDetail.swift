/// What exactly was wrong with a token or a key, for the log, `explain` and the hint.
///
/// The list is closed: a word is never made from what a peer sent. The part before the dot says
/// where, the part after it what; names of claims, header parameters and key members are spelt as in
/// JSON.
public enum TokenDetail: String, CaseIterable, Sendable {
    /// The second part is not canonical base64url.
    case base64Claims = "base64.claims"
    /// The first part is not canonical base64url.
    case base64Header = "base64.header"
    /// The third part is not canonical base64url.
    case base64Signature = "base64.signature"
    /// `at_hash` without any of `scope`, `scp`, `client_id`: an ID token.
    case claimAtHash = "claim.at_hash"
    /// `aud`.
    case claimAudience = "claim.aud"
    /// `azp`.
    case claimAuthorizedParty = "claim.azp"
    /// `client_id`.
    case claimClientID = "claim.client_id"
    /// `exp`.
    case claimExpiry = "claim.exp"
    /// `iat`.
    case claimIssuedAt = "claim.iat"
    /// `iss`.
    case claimIssuer = "claim.iss"
    /// `jti`.
    case claimTokenID = "claim.jti"
    /// `nbf`.
    case claimNotBefore = "claim.nbf"
    /// `nonce` without any of `scope`, `scp`, `client_id`: an ID token.
    case claimNonce = "claim.nonce"
    /// `scope`.
    case claimScope = "claim.scope"
    /// `scopes`.
    case claimScopes = "claim.scopes"
    /// `scp`.
    case claimScp = "claim.scp"
    /// `sid`.
    case claimSessionID = "claim.sid"
    /// `sub`.
    case claimSubject = "claim.sub"
    /// `alg`.
    case headerAlgorithm = "header.alg"
    /// `b64` (RFC 7797).
    case headerBase64 = "header.b64"
    /// `crit`: no extension is understood.
    case headerCritical = "header.crit"
    /// `cty` says that a token is nested inside.
    case headerContentType = "header.cty"
    /// `jku`.
    case headerKeySetURL = "header.jku"
    /// `jwk`.
    case headerKey = "header.jwk"
    /// `kid`.
    case headerKeyID = "header.kid"
    /// `typ`.
    case headerType = "header.typ"
    /// `x5c`.
    case headerCertificates = "header.x5c"
    /// `x5u`.
    case headerCertificateURL = "header.x5u"
    /// `zip`.
    case headerCompression = "header.zip"
    /// The second part is not a strict JSON object.
    case jsonClaims = "json.claims"
    /// The first part is not a strict JSON object.
    case jsonHeader = "json.header"
    /// The key's own `alg` is another.
    case keyAlgorithm = "key.alg"
    /// Several keys would do.
    case keyAmbiguous = "key.ambiguous"
    /// A member of the key is missing or wrongly coded.
    case keyCoding = "key.coding"
    /// The key stands beyond the most that a set may hold.
    case keyCount = "key.count"
    /// The curve is unknown, or does not go with `alg`.
    case keyCurve = "key.crv"
    /// The key stands twice in the set.
    case keyDuplicate = "key.duplicate"
    /// The RSA exponent is unsuitable.
    case keyExponent = "key.exponent"
    /// `key_ops` does not have `verify`.
    case keyOperations = "key.key_ops"
    /// The key's `kid` is not a text.
    case keyIDType = "key.kid"
    /// The type of the key is unknown, or does not go with `alg`.
    case keyType = "key.kty"
    /// The point is not on its curve, or of small order.
    case keyPoint = "key.point"
    /// The set publishes a private key.
    case keyPrivate = "key.private"
    /// The RSA modulus has the structure of CVE-2017-15361.
    case keyROCA = "key.roca"
    /// A symmetric key in a set of public keys.
    case keySecret = "key.secret"
    /// The RSA modulus is too small or too large.
    case keySize = "key.size"
    /// `use` is not `sig`.
    case keyUse = "key.use"
    /// No key set is held.
    case keysNone = "keys.none"
    /// ECDSA in ASN.1.
    case signatureDER = "signature.der"
    /// Too long or too short for algorithm and key.
    case signatureLength = "signature.length"
    /// Checked, and not the key's.
    case signatureMismatch = "signature.mismatch"
    /// r, s or S out of range.
    case signatureRange = "signature.range"
    /// Every byte is zero.
    case signatureZero = "signature.zero"
    /// Nothing at all.
    case tokenEmpty = "token.empty"
    /// Not three parts with dots between them, or five: encrypted.
    case tokenParts = "token.parts"
    /// Longer than allowed.
    case tokenSize = "token.size"
}

extension TokenDetail {
    /// What to do about it: a sentence part for the operator.
    public var hint: String {
        switch self {
        case .base64Claims: "the second part is not canonical base64url"
        case .base64Header: "the first part is not canonical base64url"
        case .base64Signature: "the third part is not canonical base64url"
        case .claimAtHash:
            "an ID token (at_hash, and no scope, scp or client_id) was sent; send the access "
                + "token"
        case .claimAudience:
            "aud must be a text or a list of texts, and name one of the issuer's audiences"
        case .claimAuthorizedParty: "azp must be a text"
        case .claimClientID: "client_id must be a text"
        case .claimExpiry: "exp must be there, be seconds since 1970, and lie ahead"
        case .claimIssuedAt: "iat must be seconds since 1970"
        case .claimIssuer: "iss must be a text, and name an issuer of the conf exactly"
        case .claimTokenID: "jti must be a text"
        case .claimNotBefore: "nbf must be seconds since 1970, and not lie ahead"
        case .claimNonce:
            "an ID token (nonce, and no scope, scp or client_id) was sent; send the access "
                + "token"
        case .claimScope: "scope must be one text with blanks between the scopes"
        case .claimScopes: "scopes must be a text or a list of texts"
        case .claimScp: "scp must be a text or a list of texts"
        case .claimSessionID: "sid must be a text"
        case .claimSubject: "sub must be a text"
        case .headerAlgorithm: "alg must name an algorithm that the issuer may use"
        case .headerBase64: "unencoded payloads (b64) are not supported"
        case .headerCritical: "crit demands an extension, and none is supported"
        case .headerContentType: "a token inside a token (cty JWT) is not supported"
        case .headerKeySetURL:
            "the token names a place for its own key (jku); ignore_header_keys lets such "
                + "tokens pass without using it"
        case .headerKey:
            "the token brings its own key (jwk); ignore_header_keys lets such tokens pass "
                + "without using it"
        case .headerKeyID: "kid must be a text, and name a key of the issuer's set"
        case .headerType: "typ must be absent, JWT or at+jwt, or what token_type demands"
        case .headerCertificates:
            "the token brings its own certificates (x5c); ignore_header_keys lets such tokens "
                + "pass without using them"
        case .headerCertificateURL:
            "the token names a place for its own certificate (x5u); ignore_header_keys lets "
                + "such tokens pass without using it"
        case .headerCompression: "compressed tokens (zip) are not supported"
        case .jsonClaims:
            "the claims are not a strict JSON object: duplicate names, NUL, deep nesting and "
                + "numbers that overflow are refused"
        case .jsonHeader:
            "the header is not a strict JSON object: duplicate names, NUL, deep nesting and "
                + "numbers that overflow are refused"
        case .keyAlgorithm: "the key's own alg does not allow the token's"
        case .keyAmbiguous:
            "several keys of the set fit; give each its own kid, and the token the kid of its "
                + "key"
        case .keyCoding: "a member of the key is missing, or not canonical base64url"
        case .keyCount: "the set holds too many keys"
        case .keyCurve: "the key's curve is unknown, or does not go with the token's alg"
        case .keyDuplicate: "the same key stands twice in the set"
        case .keyExponent: "the RSA exponent is even, below 3 or beyond 32 bits"
        case .keyOperations: "the key's key_ops does not allow to verify"
        case .keyIDType: "the key's kid is not a text"
        case .keyType: "the key's type is unknown, or does not go with the token's alg"
        case .keyPoint: "the key's point is not on its curve, or of small order"
        case .keyPrivate: "the set shows the private part of the key: whoever read it can sign"
        case .keyROCA: "the RSA key has the ROCA weakness (CVE-2017-15361): it can be factored"
        case .keySecret:
            "a symmetric key (oct) stands in a set of public keys; use the issuer's secret "
                + "directive"
        case .keySize: "the RSA key has fewer than 2048 bits, or more than 8192"
        case .keyUse: "the key's use is not sig"
        case .keysNone: "no key set of the issuer could be had so far"
        case .signatureDER: "the ECDSA signature is in ASN.1 (DER); JOSE wants r and s side by side"
        case .signatureLength:
            "the signature is too long or too short for algorithm and key; an empty one is "
                + "none"
        case .signatureMismatch: "the signature is not this key's over these bytes"
        case .signatureRange: "a number of the signature is zero, or not below the group's order"
        case .signatureZero: "every byte of the signature is zero"
        case .tokenEmpty: "the token is empty"
        case .tokenParts:
            "a token has three parts with dots between them; five are an encrypted one"
        case .tokenSize: "the token is longer than allowed"
        }
    }
}
