import COpenSSL

extension KeyHandle {
    /// The public parts of the key, private or not.
    internal func publicParameters() throws(CryptographyFault) -> PublicKey.Parameters {
        guard let kind else { throw .keyUnsupported }
        switch kind {
        case .ed25519:
            return .ed25519(x: try rawPublicKey(size: 32))
        case .p256, .p384, .p521:
            let size = kind.coordinateSize
            return .elliptic(
                curve: kind,
                x: try number(named: OSSL_PKEY_PARAM_EC_PUB_X, size: size),
                y: try number(named: OSSL_PKEY_PARAM_EC_PUB_Y, size: size)
            )
        case .rsa:
            return .rsa(
                modulus: try number(named: OSSL_PKEY_PARAM_RSA_N, size: nil),
                exponent: try number(named: OSSL_PKEY_PARAM_RSA_E, size: nil)
            )
        }
    }

    /// One number of the key, big-endian: as long as `size`, or as short as it goes.
    private func number(named name: String, size: Int?) throws(CryptographyFault) -> [UInt8] {
        var number: OpaquePointer?
        // SAFETY: OpenSSL makes the number, which is ours and freed once.
        guard unsafe EVP_PKEY_get_bn_param(pointer, name, &number) == 1,
            let number = unsafe number
        else {
            LibraryErrors.clear()
            throw .keyMalformed
        }
        defer { unsafe BN_free(number) }
        let count = unsafe size ?? Int(BN_num_bits(number) + 7) / 8
        var bytes = [UInt8](repeating: 0, count: count)
        guard unsafe BN_bn2binpad(number, &bytes, Int32(clamping: count)) == count else {
            LibraryErrors.clear()
            throw .keyMalformed
        }
        return bytes
    }

    private func rawPublicKey(size: Int) throws(CryptographyFault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        var count = size
        // SAFETY: OpenSSL writes at most `count` bytes, which is how long the array is.
        guard unsafe EVP_PKEY_get_raw_public_key(pointer, &bytes, &count) == 1, count == size else {
            LibraryErrors.clear()
            throw .keyMalformed
        }
        return bytes
    }
}
