import JOSE
import JSON

/// Takes any bytes for a token, and asks everything of it that the gateway would.
///
/// A trap is the fault that it looks for; each check is asked, whatever those before it said.
public func fuzzToken(_ bytes: Span<UInt8>) {
    guard let token = try? CompactToken(bytes, sizeMax: 8192) else { return }
    precondition(token.bytes.count == bytes.count)
    if let claims = try? Claims(token) {
        try? checkAudience(claims, FuzzKeys.policy)
        try? checkTimes(claims, FuzzKeys.policy, nowSeconds: 1_300_819_380)
    }
    guard let header = try? TokenHeader(token, ignoringHeaderKeys: true) else { return }
    try? token.checkSignatureCoding()
    try? checkHeaderKeys(header, FuzzKeys.policy)
    try? checkAlgorithm(header, FuzzKeys.policy)
    for keys in [FuzzKeys.publicKeys, FuzzKeys.secret].compactMap({ $0 }) {
        guard let key = try? keys.key(for: header) else { continue }
        try? SignatureCheck.checkShape(token, header, key)
        try? SignatureCheck.verify(token, header, key)
    }
}

/// The keys of published examples: one of each type, so that every path of a check is reached.
private enum FuzzKeys {
    static let policy = IssuerPolicy(
        audiences: ["orders-api"],
        algorithms: AlgorithmSet(rawValue: .max),
        clockSkewSeconds: 60,
        tokenType: nil,
        ignoresHeaderKeys: false,
        acceptsIDTokens: false,
        secret: nil
    )

    static let secret = try? KeySet(secret: [UInt8](repeating: 0x5A, count: 32))

    static let publicKeys = try? KeySet(
        parsing: [UInt8](text.utf8).span,
        limits: JSONLimits(size: 1 << 16, depth: 8)
    )

    /// RFC 7515 A.2, A.3 and A.4, RFC 8037 A.2.
    private static let text = #"""
        {"keys":[
        {"kty":"RSA","kid":"rsa","e":"AQAB",
        "n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
        {"kty":"EC","kid":"p256","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty":"EC","kid":"p521","crv":"P-521",
        "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"},
        {"kty":"OKP","kid":"ed25519","crv":"Ed25519",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
        """#
}
