import Bytes
import COpenSSL

/// Keyed hashes (RFC 2104).
public enum HMAC {
    /// The keyed hash of `message`.
    public static func code(
        for message: Span<UInt8>,
        key: Span<UInt8>,
        function: DigestFunction = .sha256
    ) -> [UInt8] {
        let size = function.size
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { output, count in
            unsafe message.withUnsafeBufferPointer { input in
                unsafe key.withUnsafeBytes { secret in
                    // SAFETY: OpenSSL reads `secret` and `input` and writes `size` bytes within the
                    // call; the counts are those of the buffers.
                    let written = unsafe COpenSSL.HMAC(
                        function.builtIn,
                        secret.baseAddress,
                        Int32(clamping: secret.count),
                        input.baseAddress,
                        input.count,
                        output.baseAddress,
                        nil
                    )
                    precondition(unsafe written != nil, "SHA-2 is built into every OpenSSL")
                }
            }
            count = size
        }
    }

    /// Whether `code` is the keyed hash of `message`, compared in constant time and in full.
    public static func isValid(
        _ code: Span<UInt8>,
        for message: Span<UInt8>,
        key: Span<UInt8>,
        function: DigestFunction = .sha256
    ) -> Bool {
        self.code(for: message, key: key, function: function).span.constantTimeEquals(code)
    }
}
