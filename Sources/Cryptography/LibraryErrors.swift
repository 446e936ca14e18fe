import COpenSSL

/// The queue of this thread in which OpenSSL notes what went wrong.
///
/// Whoever makes it fail empties it again: what stays there is read as the fault of the next TLS
/// connection (`SSL_get_error`).
internal enum LibraryErrors {
    /// Whether nothing is noted.
    internal static var isEmpty: Bool { ERR_peek_error() == 0 }

    /// Forgets what was noted.
    internal static func clear() {
        ERR_clear_error()
    }
}
