/// Which context answers for which server name: exact names, then `*.` names, else the default.
///
/// Immutable and shared by all connections of a server context. Read once a handshake.
internal final class ServerNameTable: Sendable {
    private let contexts: [ServerName: SharedHandle]

    /// Binds every name to its context.
    internal init(_ contexts: [ServerName: SharedHandle]) {
        self.contexts = contexts
    }

    /// The context bound to what a peer has asked for, or `nil` for the default one.
    ///
    /// A wildcard stands for exactly one label, as in the certificates behind it.
    internal func context(for asked: String) -> SharedHandle? {
        guard let name = ServerName(pattern: asked), !name.isWildcard else { return nil }
        if let exact = contexts[name] { return exact }
        guard let dot = name.host.firstIndex(of: ".") else { return nil }
        return contexts[ServerName(suffix: name.host[name.host.index(after: dot)...])]
    }
}

extension ServerName {
    /// The wildcard of all names one label longer than `suffix`.
    fileprivate init(suffix: Substring) {
        host = String(suffix)
        isWildcard = true
    }
}
