import COpenSSL

/// A growing run of bytes that OpenSSL's readers and writers of PEM use.
///
/// Its memory is wiped when it goes away: it may have held a private key.
@safe
internal struct MemoryBIO: ~Copyable {
    // SAFETY: the one reference to a BIO that `init` made; a loan for the length of a call.
    internal let raw: OpaquePointer

    /// Makes an empty one, or `nil` for want of memory.
    internal init?() {
        guard let made = unsafe BIO_new(BIO_s_secmem()) else { return nil }
        unsafe raw = made
    }

    /// Makes one that holds a copy of `bytes`.
    internal init?(copying bytes: Span<UInt8>) {
        guard let made = unsafe BIO_new(BIO_s_secmem()) else { return nil }
        let written = unsafe bytes.withUnsafeBytes { all in
            unsafe BIO_write(made, all.baseAddress, Int32(clamping: all.count))
        }
        guard bytes.isEmpty || written == bytes.count else {
            unsafe BIO_free_all(made)
            return nil
        }
        unsafe raw = made
    }

    deinit {
        unsafe BIO_free_all(raw)
    }

    /// Takes out all bytes that were written.
    internal func takeAll() -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            // SAFETY: `piece` is valid for its count during the call.
            let read = unsafe piece.withUnsafeMutableBytes { free in
                unsafe BIO_read(raw, free.baseAddress, Int32(free.count))
            }
            guard read > 0 else { break }
            all.append(contentsOf: piece.prefix(Int(read)))
        }
        // SAFETY: as above; the copy of what may be a key is wiped.
        unsafe piece.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
        return all
    }
}
