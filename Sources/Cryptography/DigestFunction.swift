import COpenSSL

/// The hash functions of the SHA-2 family.
public enum DigestFunction: Int, CaseIterable, Sendable {
    /// SHA-256.
    case sha256
    /// SHA-384.
    case sha384
    /// SHA-512.
    case sha512
}

extension DigestFunction {
    /// The number of bytes of a digest.
    public var size: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of `message`.
    public func digest(_ message: Span<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: size) { output, count in
            unsafe message.withUnsafeBytes { input in
                // SAFETY: OpenSSL reads `input` and writes exactly `size` bytes within the call; its
                // built-in functions live for ever.
                let done = unsafe EVP_Digest(
                    input.baseAddress,
                    input.count,
                    output.baseAddress,
                    nil,
                    builtIn,
                    nil
                )
                precondition(done == 1, "SHA-2 is built into every OpenSSL")
            }
            count = size
        }
    }

    /// OpenSSL's own object for the function, looked up again inside at every use.
    internal var builtIn: OpaquePointer? {
        switch self {
        case .sha256: unsafe EVP_sha256()
        case .sha384: unsafe EVP_sha384()
        case .sha512: unsafe EVP_sha512()
        }
    }

    /// OpenSSL's name for the function.
    internal var name: String {
        switch self {
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }
}

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// The 32 bytes of the digest of `message`.
    public static func digest(_ message: Span<UInt8>) -> [UInt8] {
        DigestFunction.sha256.digest(message)
    }
}

/// SHA-384 (FIPS 180-4).
public enum SHA384 {
    /// The 48 bytes of the digest of `message`.
    public static func digest(_ message: Span<UInt8>) -> [UInt8] {
        DigestFunction.sha384.digest(message)
    }
}

/// SHA-512 (FIPS 180-4).
public enum SHA512 {
    /// The 64 bytes of the digest of `message`.
    public static func digest(_ message: Span<UInt8>) -> [UInt8] {
        DigestFunction.sha512.digest(message)
    }
}
