import COpenSSL

extension KeyHandle {
    /// An RSA public key from its two numbers, big-endian.
    internal static func rsa(
        modulus: Span<UInt8>,
        exponent: Span<UInt8>
    ) throws(CryptographyFault) -> KeyHandle {
        var parameters = KeyParameters()
        parameters.append(number: modulus, named: OSSL_PKEY_PARAM_RSA_N)
        parameters.append(number: exponent, named: OSSL_PKEY_PARAM_RSA_E)
        guard let key = parameters.makePublicKey(type: "RSA") else { throw .keyMalformed }
        return key
    }

    /// A public key on a NIST curve from its uncompressed point, which OpenSSL proves to be on it.
    internal static func elliptic(
        curve: KeyKind,
        point: Span<UInt8>
    ) throws(CryptographyFault) -> KeyHandle {
        var parameters = KeyParameters()
        parameters.append(text: curve.rawValue, named: OSSL_PKEY_PARAM_GROUP_NAME)
        parameters.append(octets: point, named: OSSL_PKEY_PARAM_PUB_KEY)
        guard let key = parameters.makePublicKey(type: "EC") else { throw .pointUnsuitable }
        return key
    }

    /// An Ed25519 public key.
    internal static func ed25519(x: Span<UInt8>) throws(CryptographyFault) -> KeyHandle {
        // SAFETY: OpenSSL copies the bytes, whose count it is told.
        let key = unsafe x.withUnsafeBufferPointer { buffer in
            unsafe EVP_PKEY_new_raw_public_key(
                EVP_PKEY_ED25519,
                nil,
                buffer.baseAddress,
                buffer.count
            )
        }
        guard let key = unsafe key else {
            LibraryErrors.clear()
            throw .keyMalformed
        }
        return unsafe KeyHandle(owning: key)
    }

    /// A fresh private key.
    ///
    /// `bits` counts for RSA only.
    internal static func generate(
        _ kind: KeyKind,
        bits: Int
    ) throws(CryptographyFault) -> KeyHandle {
        let type =
            switch kind {
            case .ed25519: "ED25519"
            case .p256, .p384, .p521: "EC"
            case .rsa: "RSA"
            }
        // SAFETY: the context is ours and freed once; the key that it makes is handed to its owner.
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw .unavailable
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var isReady = unsafe EVP_PKEY_keygen_init(context) == 1
        switch kind {
        case .ed25519: break
        case .p256, .p384, .p521:
            isReady = unsafe isReady && EVP_PKEY_CTX_set_group_name(context, kind.rawValue) == 1
        case .rsa:
            isReady =
                unsafe isReady
                && EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(clamping: bits)) == 1
        }
        var key: OpaquePointer?
        guard isReady, unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key else {
            LibraryErrors.clear()
            throw .unavailable
        }
        return unsafe KeyHandle(owning: key)
    }
}

/// The parts of a key on their way into OpenSSL.
@safe
private struct KeyParameters: ~Copyable {
    // SAFETY: the builder and the numbers are ours alone, and freed once, in `deinit`. The builder
    // keeps the addresses of names, texts, octets and numbers until `OSSL_PARAM_BLD_to_param` copies
    // them: all of them live in `copies` and `numbers` for as long as this value does.
    private let builder = unsafe OSSL_PARAM_BLD_new()
    private var numbers: [OpaquePointer] = unsafe []
    private var copies: [UnsafeMutableBufferPointer<CChar>] = unsafe []
    private var isComplete = true

    mutating func append(number: Span<UInt8>, named name: String) {
        let made = unsafe number.withUnsafeBufferPointer { buffer in
            unsafe BN_bin2bn(buffer.baseAddress, Int32(clamping: buffer.count), nil)
        }
        guard let made = unsafe made else {
            isComplete = false
            return
        }
        unsafe numbers.append(made)
        let key = unsafe keep(text: name).baseAddress
        isComplete = unsafe isComplete && OSSL_PARAM_BLD_push_BN(builder, key, made) == 1
    }

    mutating func append(octets: Span<UInt8>, named name: String) {
        let key = unsafe keep(text: name).baseAddress
        let copy = unsafe keep(octets)
        isComplete =
            unsafe isComplete
            && OSSL_PARAM_BLD_push_octet_string(builder, key, copy.baseAddress, octets.count) == 1
    }

    mutating func append(text: String, named name: String) {
        let key = unsafe keep(text: name).baseAddress
        let copy = unsafe keep(text: text)
        // A size of zero has OpenSSL count to the final NUL.
        isComplete =
            unsafe isComplete
            && OSSL_PARAM_BLD_push_utf8_string(builder, key, copy.baseAddress, 0) == 1
    }

    consuming func makePublicKey(type: String) -> KeyHandle? {
        defer { LibraryErrors.clear() }
        guard isComplete, let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else {
            return nil
        }
        defer { unsafe OSSL_PARAM_free(parameters) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        let selection = gatehouse_public_key_selection()
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &key, selection, parameters) == 1,
            let key = unsafe key
        else { return nil }
        return unsafe KeyHandle(owning: key)
    }

    /// Keeps a text with its final NUL.
    private mutating func keep(text: String) -> UnsafeMutableBufferPointer<CChar> {
        unsafe keep(([UInt8](text.utf8) + [0]).span)
    }

    private mutating func keep(_ bytes: Span<UInt8>) -> UnsafeMutableBufferPointer<CChar> {
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
        for index in 0..<bytes.count {
            unsafe copy.initializeElement(at: index, to: CChar(bitPattern: bytes[index]))
        }
        unsafe copies.append(copy)
        return unsafe copy
    }

    deinit {
        unsafe OSSL_PARAM_BLD_free(builder)
        for index in unsafe numbers.indices {
            unsafe BN_free(numbers[index])
        }
        for index in unsafe copies.indices {
            unsafe copies[index].deallocate()
        }
    }
}
