/// What a token may carry: granted = requested, cut to what the client may ask, cut to what the user
/// holds (decision 7 of the wire contract).
enum ScopePolicy {
    /// The words of a `scope` parameter (RFC 6749 §3.3), each once; `nil` where one is none.
    static func words(_ text: String) -> [String]? {
        var words: [String] = []
        for word in text.split(separator: " ") {
            guard word.utf8.allSatisfy(isScopeByte) else { return nil }
            if !words.contains(String(word)) {
                words.append(String(word))
            }
        }
        return words
    }

    /// The scopes of a user's token, in the client's order.
    ///
    /// `requested` is as it was asked: `legacy`, or nothing, asks for all that the user holds. `held` is
    /// what the user was granted beyond the client's default scopes.
    static func granted(
        requested: [String],
        client: OAuthClient,
        held: some Sequence<String>
    ) -> [String] {
        let held = Set(client.defaultScopes).union(held)
        let asksForAll = requested.isEmpty || requested.contains(legacy)
        return client.grantableScopes.filter { scope in
            held.contains(scope) && (asksForAll || requested.contains(scope))
        }
    }

    /// The scopes of a machine's token: the client's own, cut to what it asks.
    static func granted(requested: [String], machine client: OAuthClient) -> [String] {
        client.grantableScopes.filter { requested.isEmpty || requested.contains($0) }
    }

    /// Whether any of the words can ever be granted: what never can is refused at authorize.
    static func isPossible(_ requested: [String], for client: OAuthClient) -> Bool {
        requested.isEmpty || requested.contains(legacy)
            || requested.contains(where: client.grantableScopes.contains)
    }

    /// The one word that Stack's clients send: everything.
    static let legacy = "legacy"

    private static func isScopeByte(_ byte: UInt8) -> Bool {
        byte == 0x21 || (0x23...0x5B).contains(byte) || (0x5D...0x7E).contains(byte)
    }
}
