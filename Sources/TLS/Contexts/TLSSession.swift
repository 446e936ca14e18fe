import COpenSSL

/// What a connection to a server leaves behind so that the next one costs less.
///
/// Belongs to the worker that made it, in the pool of that server's connections. It resumes for
/// the same server name through the same ``TLSClientContext`` only, so that a session never
/// carries one server's proof of identity to another.
@safe
public final class TLSSession {
    // SAFETY: the one reference that `init` was given; freed in `deinit`.
    internal let raw: OpaquePointer
    private let serverName: String
    private let context: SharedHandle

    internal init(owning raw: OpaquePointer, serverName: String, context: SharedHandle) {
        unsafe self.raw = raw
        self.serverName = serverName
        self.context = context
    }

    deinit {
        unsafe SSL_SESSION_free(raw)
    }

    internal func isFor(_ serverName: String, of context: SharedHandle) -> Bool {
        self.context === context && self.serverName == serverName
    }
}
