import Bytes
import COpenSSL

/// AES-256 in Galois/counter mode (NIST SP 800-38D): secrecy and integrity at once.
///
/// For ``SealingKey`` only, which sees to it that no nonce comes twice under one key.
internal enum AESGCM {
    /// The ciphertext of `plain` with the tag behind it.
    internal static func encrypt(
        _ plain: Span<UInt8>,
        key: [UInt8],
        nonce: [UInt8],
        context: [UInt8]
    ) -> [UInt8] {
        precondition(key.count == keySize && nonce.count == nonceSize, "both are made here")
        var output = [UInt8](repeating: 0, count: plain.count + tagSize)
        let done = unsafe run(key: key, nonce: nonce, encrypts: true) { cipher in
            guard unsafe authenticate(context, with: cipher),
                unsafe transform(plain, into: &output, with: cipher)
            else { return false }
            // SAFETY: the final call of a stream mode writes nothing; the tag fills the room that
            // was kept behind the ciphertext.
            return unsafe output.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return false }
                var size: Int32 = 0
                let tag = unsafe start + plain.count
                return unsafe EVP_EncryptFinal_ex(cipher, tag, &size) == 1
                    && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, Int32(tagSize), tag) == 1
            }
        }
        precondition(done, "AES is built into every OpenSSL")
        return output
    }

    /// The plaintext of what ``encrypt(_:key:nonce:context:)`` made, or `nil` where a bit of it, the
    /// key, the nonce or the context is another.
    internal static func decrypt(
        _ sealed: Span<UInt8>,
        key: [UInt8],
        nonce: [UInt8],
        context: [UInt8]
    ) -> [UInt8]? {
        guard sealed.count >= tagSize, key.count == keySize, nonce.count == nonceSize else {
            return nil
        }
        let count = sealed.count - tagSize
        let text = sealed.extracting(0..<count)
        var tag = sealed.extracting(count..<sealed.count).copied()
        // One byte more than the text, so that the final call has somewhere to write nothing.
        var output = [UInt8](repeating: 0, count: count + 1)
        let done = unsafe run(key: key, nonce: nonce, encrypts: false) { cipher in
            guard unsafe authenticate(context, with: cipher),
                unsafe transform(text, into: &output, with: cipher)
            else { return false }
            var size: Int32 = 0
            // SAFETY: OpenSSL copies the tag, whose count it is told; the final call of a stream
            // mode writes nothing, and gets an address within the array all the same.
            return unsafe EVP_CIPHER_CTX_ctrl(
                cipher,
                EVP_CTRL_AEAD_SET_TAG,
                Int32(tagSize),
                &tag
            ) == 1
                && output.withUnsafeMutableBufferPointer { buffer in
                    guard let start = buffer.baseAddress else { return false }
                    return unsafe EVP_DecryptFinal_ex(cipher, start + count, &size) == 1
                }
        }
        guard done else {
            LibraryErrors.clear()
            return nil
        }
        output.removeLast()
        return output
    }

    private static func run(
        key: [UInt8],
        nonce: [UInt8],
        encrypts: Bool,
        _ body: (OpaquePointer) -> Bool
    ) -> Bool {
        // SAFETY: the context is ours, wiped and freed once; it copies key and nonce, whose lengths
        // were looked at before: twelve bytes of nonce are the mode's default.
        guard let cipher = unsafe EVP_CIPHER_CTX_new() else { return false }
        defer { unsafe EVP_CIPHER_CTX_free(cipher) }
        let direction: Int32 = encrypts ? 1 : 0
        guard
            unsafe EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce, direction) == 1
        else { return false }
        return unsafe body(cipher)
    }

    private static func authenticate(_ context: [UInt8], with cipher: OpaquePointer) -> Bool {
        var size: Int32 = 0
        // SAFETY: without an output the bytes are authenticated only; OpenSSL reads `count` of them.
        return unsafe EVP_CipherUpdate(cipher, nil, &size, context, Int32(clamping: context.count))
            == 1
    }

    private static func transform(
        _ input: Span<UInt8>,
        into output: inout [UInt8],
        with cipher: OpaquePointer
    ) -> Bool {
        guard input.count > 0 else { return true }
        guard let count = Int32(exactly: input.count) else { return false }
        var size: Int32 = 0
        // SAFETY: a stream mode writes as many bytes as it reads, and `output` is longer than that.
        return unsafe input.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                unsafe EVP_CipherUpdate(
                    cipher,
                    target.baseAddress,
                    &size,
                    source.baseAddress,
                    count
                ) == 1 && size == count
            }
        }
    }

    /// The bytes of a key.
    internal static let keySize = 32
    /// The bytes of a nonce: the length that the mode is defined for.
    internal static let nonceSize = 12
    /// The bytes of a tag: the whole of it.
    internal static let tagSize = 16
}
