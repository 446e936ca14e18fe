import JSON

/// The header of a token (RFC 7515 §4), typed.
///
/// Nothing in it decides what is accepted: it only says which key and algorithm the sender claims to
/// have used, and both are held against the issuer's own.
public struct TokenHeader: Sendable, Equatable {
    /// `alg` as it was written; `none` and inventions included.
    public let algorithmName: String
    /// `alg`, where it is one that we know.
    public let algorithm: Algorithm?
    /// `kid`.
    public let keyID: String?
    /// `typ` in lower case and without `application/` (RFC 7515 §4.1.9).
    public let type: String?
    /// The first of `jwk`, `jku`, `x5u` and `x5c` that the header has: never used, and refused
    /// unless the issuer is known to put it into every token.
    public let embeddedKey: TokenDetail?

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - token: The token whose first part it is.
    ///   - ignoringHeaderKeys: Whether keys that the token brings or names are passed over,
    ///     unread. Where the issuer is not known yet, pass `true` and ask
    ///     ``checkHeaderKeys(_:_:)`` later.
    /// - Throws: ``TokenFault/Cause/tokenMalformed`` for what is no header, and
    ///   ``TokenFault/Cause/headerUnsupported`` for what is never done: `crit`, `b64`, `zip`, a
    ///   token inside a token, and embedded keys.
    public init(_ token: CompactToken, ignoringHeaderKeys: Bool) throws(TokenFault) {
        let object = try Self.parse(token.headerBytes)
        guard let name = try Self.text("alg", in: object, .headerAlgorithm) else {
            throw TokenFault(.tokenMalformed, .headerAlgorithm)
        }
        algorithmName = name
        algorithm = Algorithm(rawValue: name)
        keyID = try Self.text("kid", in: object, .headerKeyID)
        type = try Self.text("typ", in: object, .headerType).map(Self.normalized)
        let contentType = try Self.text("cty", in: object, .headerContentType)
        try Self.refuseExtensions(of: object, contentType: contentType)
        embeddedKey = Self.keyParameters.first { object.contains($0.name) }?.detail
        if let embeddedKey, !ignoringHeaderKeys {
            throw TokenFault(.headerUnsupported, embeddedKey)
        }
    }

    private static func parse(_ bytes: [UInt8]) throws(TokenFault) -> JSONObject {
        let limits = JSONLimits(size: bytes.count, depth: CompactToken.depthMax)
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes.span, limits: limits)
        } catch {
            throw TokenFault(.tokenMalformed, .jsonHeader, json: error)
        }
        guard case .object(let object) = value else {
            throw TokenFault(.tokenMalformed, .jsonHeader, json: .syntax)
        }
        return object
    }

    private static func text(
        _ name: String,
        in object: JSONObject,
        _ detail: TokenDetail
    ) throws(TokenFault) -> String? {
        guard let value = object[name] else { return nil }
        guard case .string(let text) = value else { throw TokenFault(.tokenMalformed, detail) }
        return text
    }

    private static func refuseExtensions(
        of object: JSONObject,
        contentType: String?
    ) throws(TokenFault) {
        // Before `crit`, which must name it (RFC 7797 §6): the operator wants to hear about `b64`.
        guard !object.contains("b64") else { throw TokenFault(.headerUnsupported, .headerBase64) }
        guard !object.contains("crit") else {
            throw TokenFault(.headerUnsupported, .headerCritical)
        }
        guard !object.contains("zip") else {
            throw TokenFault(.headerUnsupported, .headerCompression)
        }
        if let contentType, normalized(contentType) == "jwt" {
            throw TokenFault(.headerUnsupported, .headerContentType)
        }
    }

    /// A media type of JOSE: case does not count, and `application/` may be left out.
    internal static func normalized(_ mediaType: String) -> String {
        let lower = mediaType.lowercased()
        guard lower.hasPrefix("application/") else { return lower }
        return String(lower.dropFirst("application/".count))
    }

    private static let keyParameters: [(name: String, detail: TokenDetail)] = [
        ("jwk", .headerKey), ("jku", .headerKeySetURL), ("x5u", .headerCertificateURL),
        ("x5c", .headerCertificates),
    ]
}
