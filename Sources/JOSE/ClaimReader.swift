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
        var found: [String] = []
        var seen: Set<[UInt8]> = []
        if let scope = try text("scope", .claimScope) {
            append(scope, to: &found, seen: &seen)
        }
        for scope in try texts("scp", .claimScp) {
            append(scope, to: &found, seen: &seen)
        }
        for scope in try texts("scopes", .claimScopes) {
            append(scope, to: &found, seen: &seen)
        }
        return found
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

    private func append(_ text: String, to found: inout [String], seen: inout Set<[UInt8]>) {
        for scope in text.utf8.split(separator: UInt8(ascii: " ")) {
            if seen.insert([UInt8](scope)).inserted {
                found.append(String(Substring(scope)))
            }
        }
    }

    /// From 1970 to the end of 9999: no token means another time, and sums cannot overflow.
    private static let times: ClosedRange<Int64> = 0...253_402_300_799
}
