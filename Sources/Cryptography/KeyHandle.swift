import COpenSSL

/// The one owner of an OpenSSL key, private or public.
///
/// Released with its last reference. Nothing outside this module sees the pointer.
@safe
internal final class KeyHandle: @unchecked Sendable {
    // SAFETY: the handle is made with the only reference to the key, never changes, and frees it
    // once. A key is not changed after it was made here, and OpenSSL allows any number of threads to
    // use an unchanged key at once (its caches inside are locked, its reference count is atomic).
    internal let pointer: OpaquePointer

    /// Takes over the caller's reference.
    internal init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }
}

extension KeyHandle {
    /// The kind of the key, or `nil` for one that Gatehouse does not know.
    internal var kind: KeyKind? {
        switch unsafe EVP_PKEY_get_base_id(pointer) {
        case EVP_PKEY_RSA: .rsa
        case EVP_PKEY_ED25519: .ed25519
        case EVP_PKEY_EC: curve
        default: nil
        }
    }

    private var curve: KeyKind? {
        // Forty bytes: the longest name that any group of OpenSSL has is shorter.
        var name = [CChar](repeating: 0, count: 40)
        var length = 0
        // SAFETY: OpenSSL writes at most the given count, its final NUL included.
        let known = unsafe EVP_PKEY_get_group_name(pointer, &name, name.count, &length)
        guard known == 1 else {
            LibraryErrors.clear()
            return nil
        }
        switch String(decoding: name.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self) {
        case "prime256v1", "P-256": return .p256
        case "secp384r1", "P-384": return .p384
        case "secp521r1", "P-521": return .p521
        default: return nil
        }
    }
}
