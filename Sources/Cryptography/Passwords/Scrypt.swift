import COpenSSL

/// The function itself (RFC 7914 §6).
internal enum Scrypt {
    /// `count` bytes that cost what the parameters say to come by.
    internal static func derive(
        _ password: Span<UInt8>,
        salt: Span<UInt8>,
        parameters: PasswordHash.Parameters,
        count: Int
    ) throws(CryptographyFault) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count)
        // What OpenSSL counts: the blocks, p small ones and one to work on. Its own limit of 32 MiB
        // is below what passwords need.
        let memoryMax =
            parameters.memory + 128 * parameters.blockSize * (parameters.parallelism + 2) + 4096
        // SAFETY: OpenSSL reads both inputs and writes `count` bytes within the call. An empty
        // password has no address, and its length says so.
        let done = unsafe password.withUnsafeBytes { secret in
            unsafe salt.withUnsafeBufferPointer { salt in
                unsafe EVP_PBE_scrypt(
                    secret.count == 0 ? nil : secret.bindMemory(to: CChar.self).baseAddress,
                    secret.count,
                    salt.baseAddress,
                    salt.count,
                    1 << UInt64(parameters.costExponent),
                    UInt64(parameters.blockSize),
                    UInt64(parameters.parallelism),
                    UInt64(memoryMax),
                    &output,
                    count
                )
            }
        }
        guard done == 1 else {
            LibraryErrors.clear()
            throw .unavailable
        }
        return output
    }
}
