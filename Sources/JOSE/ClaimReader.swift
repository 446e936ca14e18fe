import JSON

/// Reads claims of known types out of an object.
internal struct ClaimReader {
    /// All claims.
    internal let object: JSONObject

    /// A claim that must be a text when it is there.
    internal func text(_ name: String, _ detail: TokenDetail) throws(TokenFault) -> String? {
        guard let value = object[name] else { return nil }
        guard case .string(let text) = value else { throw TokenFault(.claimInvalid, detail) }
        return text
    }

    /// A claim that must be a text or an array of texts when it is there.
    internal func texts(_ name: String, _ detail: TokenDetail) throws(TokenFault) -> [String] {
        switch object[name] {
        case nil:
            return []
        case .string(let text):
            return [text]
        case .array(let elements):
            var texts: [String] = []
            texts.reserveCapacity(elements.count)
            for element in elements {
                guard case .string(let text) = element else {
                    throw TokenFault(.claimInvalid, detail)
                }
                texts.append(text)
            }
            return texts
        case .null, .boolean, .integer, .real, .object:
            throw TokenFault(.claimInvalid, detail)
        }
    }

    /// A claim that must be a NumericDate (RFC 7519 §2) when it is there, between 1970 and 9999.
    ///
    /// Milliseconds in place of seconds, the usual mistake, are out of that range.
    internal func time(
        _ name: String,
        _ detail: TokenDetail,
        rounding: FloatingPointRoundingRule
    ) throws(TokenFault) -> Int64? {
        switch object[name] {
        case nil:
            return nil
        case .integer(let seconds) where Self.times.contains(seconds):
            return seconds
        case .real(let seconds) where seconds >= 0 && seconds < Double(Self.times.upperBound):
            return Int64(seconds.rounded(rounding))
        default:
            throw TokenFault(.claimInvalid, detail)
        }
    }

    /// Every scope of `scope` (a text, RFC 8693 §4.2), `scp` and `scopes` (a text or an array), in
    /// their order, each once.
    internal func scopes() throws(TokenFault) -> [String] {
        var found = ScopeList()
        if let scope = try text("scope", .claimScope) {
            found.append(scope)
        }
        for scope in try texts("scp", .claimScp) {
            found.append(scope)
        }
        for scope in try texts("scopes", .claimScopes) {
            found.append(scope)
        }
        return found.scopes
    }

    /// What makes the token look like an ID token.
    internal var idTokenEvidence: TokenDetail? {
        guard !object.contains("scope"), !object.contains("scp"), !object.contains("client_id")
        else { return nil }
        if object.contains("nonce") {
            return .claimNonce
        }
        return object.contains("at_hash") ? .claimAtHash : nil
    }

    /// From 1970 to the end of 9999: no token means another time, and sums cannot overflow.
    private static let times: ClosedRange<Int64> = 0...253_402_300_799
}

/// Scopes in their order, each once.
private struct ScopeList {
    private(set) var scopes: [String] = []
    private var seen: Set<[UInt8]> = []

    /// Appends the scopes of one text with blanks between them.
    mutating func append(_ text: String) {
        for scope in text.utf8.split(separator: UInt8(ascii: " ")) {
            let scope = String(Substring(scope))
            if !contains(scope) {
                scopes.append(scope)
            }
        }
    }

    /// Looks through a few; beyond that hashing keeps a token of thousands of scopes linear.
    private mutating func contains(_ scope: String) -> Bool {
        guard scopes.count >= Self.fewCount else {
            return scopes.contains { JSONText.isExactly($0, scope) }
        }
        if seen.isEmpty {
            seen.formUnion(scopes.map { [UInt8]($0.utf8) })
        }
        return !seen.insert([UInt8](scope.utf8)).inserted
    }

    /// Chosen: more than real tokens have, and still quicker to look through than to hash.
    private static let fewCount = 32
}
