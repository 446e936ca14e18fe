import COpenSSL

/// The one owner of an OpenSSL object that many threads may use: a context, a certificate, a key.
///
/// Only objects that are complete go in: after `init` nothing changes them, which is what makes
/// sharing sound. Whoever configures a context does so before it is wrapped for others to see.
// SAFETY: OpenSSL counts references to all three kinds atomically, locks what it caches inside, and
// documents `SSL_new` on a shared, finished context as thread-safe; `raw` never changes.
@safe
internal final class SharedHandle: @unchecked Sendable {
    /// A loan: valid as long as this object is held.
    internal let raw: OpaquePointer
    private let kind: Kind

    /// Takes over one reference to `raw`.
    internal init(owning raw: OpaquePointer, as kind: Kind) {
        unsafe self.raw = raw
        self.kind = kind
    }

    deinit {
        switch kind {
        case .certificate: unsafe X509_free(raw)
        case .context: unsafe SSL_CTX_free(raw)
        case .key: unsafe EVP_PKEY_free(raw)
        }
    }

    /// What the handle is, and so how it is freed.
    internal enum Kind {
        case certificate
        case context
        case key
    }
}
