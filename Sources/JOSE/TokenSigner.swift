import Bytes
public import Cryptography
public import JSON

/// Makes signed tokens in compact form.
public struct TokenSigner: Sendable {
    private let key: SigningKey
    private let encodedHeader: [UInt8]
    /// The algorithm that it signs with.
    public let algorithm: Algorithm

    /// A signer with a private key.
    ///
    /// - Parameters:
    ///   - privateKey: The key to sign with.
    ///   - algorithm: One that goes with the key.
    ///   - keyID: The `kid` of its tokens; left out when `nil`.
    ///   - type: The `typ` of its tokens, such as `at+jwt`; left out when `nil`.
    /// - Throws: ``CryptographyFault/schemeUnsuitable`` where the algorithm wants another kind of
    ///   key.
    public init(
        privateKey: PrivateKey,
        algorithm: Algorithm,
        keyID: String?,
        type: String?
    ) throws(CryptographyFault) {
        guard algorithm.scheme.keyKind == privateKey.kind else { throw .schemeUnsuitable }
        self.init(.privateKey(privateKey), algorithm, keyID: keyID, type: type)
    }

    /// A signer with a secret: HS256.
    public init(secret: SharedSecret, keyID: String?, type: String?) {
        self.init(.secret(secret), .hs256, keyID: keyID, type: type)
    }

    private init(_ key: SigningKey, _ algorithm: Algorithm, keyID: String?, type: String?) {
        self.key = key
        self.algorithm = algorithm
        var header: JSONObject = ["alg": .string(algorithm.rawValue)]
        header["typ"] = type.map { .string($0) }
        header["kid"] = keyID.map { .string($0) }
        encodedHeader = Self.encoded(header)
    }

    /// The token with these claims, whatever they are.
    public func sign(_ claims: JSONObject) throws(CryptographyFault) -> [UInt8] {
        try sign(encodedHeader: encodedHeader, encodedClaims: Self.encoded(claims))
    }

    /// The token with claims that are JSON already, escaped as their reader needs it.
    public func sign(claimsText: Span<UInt8>) throws(CryptographyFault) -> [UInt8] {
        try sign(encodedHeader: encodedHeader, encodedClaims: Base64URL.encode(claimsText))
    }

    /// The token with a header and claims of the caller's own: for tests of what must be refused.
    ///
    /// The header may say anything; the signature is made with ``algorithm``.
    public func sign(
        header: Span<UInt8>,
        claims: Span<UInt8>
    ) throws(CryptographyFault) -> [UInt8] {
        try sign(
            encodedHeader: Base64URL.encode(header),
            encodedClaims: Base64URL.encode(claims)
        )
    }

    private func sign(
        encodedHeader: [UInt8],
        encodedClaims: [UInt8]
    ) throws(CryptographyFault) -> [UInt8] {
        var token = encodedHeader
        token.append(UInt8(ascii: "."))
        token.append(encodedClaims.span)
        let signature =
            switch key {
            case .privateKey(let privateKey):
                try privateKey.sign(token.span, scheme: algorithm.scheme)
            case .secret(let secret): HMAC.code(for: token.span, key: secret.bytes.span)
            }
        token.append(UInt8(ascii: "."))
        token.append(Base64URL.encode(signature.span).span)
        return token
    }

    private static func encoded(_ object: JSONObject) -> [UInt8] {
        var text: [UInt8] = []
        object.write(into: &text)
        return Base64URL.encode(text.span)
    }

    private enum SigningKey: Sendable {
        case privateKey(PrivateKey)
        case secret(SharedSecret)
    }
}
