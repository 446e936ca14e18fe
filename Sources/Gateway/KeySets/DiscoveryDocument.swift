import JSON

/// An issuer's description of itself (OpenID Connect Discovery 1.0 §4, RFC 8414 §3), as far as keys go.
struct DiscoveryDocument {
    /// Where the keys are: `jwks_uri`.
    let keysURL: String

    /// Reads a document and holds it against the issuer that was asked.
    ///
    /// `issuer` is compared byte for byte (RFC 8414 §3.3): a document that speaks for somebody else,
    /// or for a near spelling, may not name our keys.
    ///
    /// - Throws: ``KeySetFetchFault``, always the issuer's fault.
    init(_ bytes: [UInt8], issuer: String, url: String) throws(KeySetFetchFault) {
        let value: JSONValue
        do throws(JSONFault) {
            let limits = JSONLimits(size: bytes.count, depth: Self.depthMax)
            value = try JSONValue.parse(bytes.span, limits: limits)
        } catch {
            throw .discoveryMalformed(detail: "not strict JSON: \(error)", url: url)
        }
        guard case .object(let members) = value, case .string(let found) = members["issuer"] else {
            throw .discoveryMalformed(detail: "no issuer in the document", url: url)
        }
        guard found.utf8.elementsEqual(issuer.utf8) else {
            throw .issuerMismatch(found: String(found.prefix(200)), url: url)
        }
        guard case .string(let keysURL) = members["jwks_uri"] else {
            throw .discoveryMalformed(detail: "no jwks_uri in the document", url: url)
        }
        self.keysURL = keysURL
    }

    /// Where an issuer's document may be, in the order in which to ask: OpenID Connect's place
    /// after the issuer's path, then RFC 8414's, between host and path.
    ///
    /// Empty where the issuer is no URL.
    static func wellKnownURLs(of issuer: String) -> [String] {
        let lowercase = issuer.lowercased()
        guard lowercase.hasPrefix("https://") || lowercase.hasPrefix("http://"),
            let authority = issuer.range(ofFirst: "://")?.upperBound
        else { return [] }
        var trimmed = issuer[...]
        while trimmed.endIndex > authority, trimmed.hasSuffix("/") {
            trimmed.removeLast()
        }
        let rest = trimmed[authority...]
        guard !rest.isEmpty, !rest.contains("?"), !rest.contains("#") else { return [] }
        let pathStart = rest.firstIndex(of: "/") ?? trimmed.endIndex
        let origin = trimmed[..<pathStart]
        let path = trimmed[pathStart...]
        return [
            "\(trimmed)/.well-known/openid-configuration",
            "\(origin)/.well-known/oauth-authorization-server\(path)",
        ]
    }

    /// Objects and arrays inside each other; real documents have three.
    private static let depthMax = 16
}

extension String {
    /// The first place of `text`.
    fileprivate func range(ofFirst text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) {
                return start..<index(start, offsetBy: text.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
