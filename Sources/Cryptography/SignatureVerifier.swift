import COpenSSL

/// Checks signatures, and keeps the tools that OpenSSL needs for it from one check to the next.
///
/// A worker owns one. What is kept: the fetched digests, a digest context, and for each pair of key
/// and scheme a context that is ready to check. That saves 2 to 4 microseconds of the 17 that one
/// RS256 check costs (`EVP_DigestVerifyInit` looks everything up again at each call).
///
/// Not `Sendable`: contexts serve one thread at a time.
@safe
public final class SignatureVerifier {
    // SAFETY: every pointer was made here, is used by this object only, and is freed once, in
    // `deinit` here or of `PreparedKey`. A missing one (no memory) makes checks fail, never succeed.
    private let digestContext: OpaquePointer?
    private var digests: [OpaquePointer?] = unsafe [nil, nil, nil]
    private var prepared: [PreparedKey] = []
    private var nextEviction = 0

    /// Makes a verifier without any key.
    public init() {
        unsafe digestContext = EVP_MD_CTX_new()
    }

    deinit {
        for index in unsafe digests.indices {
            unsafe EVP_MD_free(digests[index])
        }
        unsafe EVP_MD_CTX_free(digestContext)
    }

    /// Whether `signature`, in JOSE's form, is the key's over `message`.
    ///
    /// A signature whose form is wrong is simply not valid; ``PublicKey/shapeFault(of:scheme:)``
    /// says more, and costs nothing in comparison.
    public func isValid(
        _ signature: Span<UInt8>,
        for message: Span<UInt8>,
        scheme: SignatureScheme,
        key: PublicKey
    ) -> Bool {
        guard key.shapeFault(of: signature, scheme: scheme) == nil else { return false }
        let isValid: Bool
        if let function = scheme.digestFunction {
            isValid = isValidHashed(signature, message, function: function, scheme, key)
        } else {
            isValid = isValidWhole(signature, message, key)
        }
        if !isValid {
            // What OpenSSL has noted must not be read as the fault of the next TLS connection.
            LibraryErrors.clear()
        }
        return isValid
    }

    /// Forgets all keys, so that those which are no longer used are released.
    public func removeAllKeys() {
        prepared.removeAll()
        nextEviction = 0
    }

    private func isValidHashed(
        _ signature: Span<UInt8>,
        _ message: Span<UInt8>,
        function: DigestFunction,
        _ scheme: SignatureScheme,
        _ key: PublicKey
    ) -> Bool {
        guard let context = preparedContext(for: key, scheme: scheme, function: function) else {
            return false
        }
        var digest = InlineArray<64, UInt8>(repeating: 0)
        guard hash(message, with: function, into: &digest) else { return false }
        let hashed = digest.span.extracting(0..<function.size)
        guard key.kind.isNISTCurve else { return context.accepts(signature, of: hashed) }
        var scratch = ECDSASignature.Scratch(repeating: 0)
        guard let size = ECDSASignature.encodeDER(signature, into: &scratch) else { return false }
        return context.accepts(scratch.span.extracting(0..<size), of: hashed)
    }

    /// Ed25519 reads the message twice, and has no context that can be kept.
    private func isValidWhole(
        _ signature: Span<UInt8>,
        _ message: Span<UInt8>,
        _ key: PublicKey
    ) -> Bool {
        guard unsafe digestContext != nil else { return false }
        defer { unsafe EVP_MD_CTX_reset(digestContext) }
        guard unsafe EVP_DigestVerifyInit(digestContext, nil, nil, nil, key.handle.pointer) == 1
        else { return false }
        return unsafe signature.withUnsafeBufferPointer { sent in
            unsafe message.withUnsafeBufferPointer { text in
                unsafe EVP_DigestVerify(
                    digestContext,
                    sent.baseAddress,
                    sent.count,
                    text.baseAddress,
                    text.count
                ) == 1
            }
        }
    }

    private func hash(
        _ message: Span<UInt8>,
        with function: DigestFunction,
        into digest: inout InlineArray<64, UInt8>
    ) -> Bool {
        guard unsafe digestContext != nil, let fetched = unsafe fetchedDigest(function) else {
            return false
        }
        var span = digest.mutableSpan
        return unsafe span.withUnsafeMutableBufferPointer { output in
            unsafe message.withUnsafeBytes { input in
                unsafe EVP_DigestInit_ex2(digestContext, fetched, nil) == 1
                    && EVP_DigestUpdate(digestContext, input.baseAddress, input.count) == 1
                    && EVP_DigestFinal_ex(digestContext, output.baseAddress, nil) == 1
            }
        }
    }

    private func fetchedDigest(_ function: DigestFunction) -> OpaquePointer? {
        if let known = unsafe digests[function.rawValue] {
            return unsafe known
        }
        let fetched = unsafe EVP_MD_fetch(nil, function.name, nil)
        unsafe digests[function.rawValue] = fetched
        return unsafe fetched
    }

    private func preparedContext(
        for key: PublicKey,
        scheme: SignatureScheme,
        function: DigestFunction
    ) -> PreparedKey? {
        for candidate in prepared
        where candidate.handle === key.handle && candidate.scheme == scheme {
            return candidate
        }
        guard let digest = unsafe fetchedDigest(function),
            let made = unsafe PreparedKey(handle: key.handle, scheme: scheme, digest: digest)
        else { return nil }
        if prepared.count < Self.preparedKeyCountMax {
            prepared.append(made)
        } else {
            prepared[nextEviction] = made
            nextEviction = (nextEviction + 1) % Self.preparedKeyCountMax
        }
        return made
    }

    /// Chosen: a gateway has a handful of issuers with two or three live keys each, and looking
    /// through thirty-two costs less than hashing.
    ///
    /// A key more only costs its preparation again.
    private static let preparedKeyCountMax = 32
}

/// A key with everything set up for one scheme.
@safe
private final class PreparedKey {
    // SAFETY: the context is made and freed here, and refers to the key, which `handle` keeps.
    let handle: KeyHandle
    let scheme: SignatureScheme
    private let context: OpaquePointer

    init?(handle: KeyHandle, scheme: SignatureScheme, digest: OpaquePointer) {
        guard let context = unsafe EVP_PKEY_CTX_new(handle.pointer, nil) else { return nil }
        var isReady = unsafe EVP_PKEY_verify_init(context) == 1
        if let padding = scheme.rsaPadding {
            isReady = unsafe isReady && EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1
        }
        isReady = unsafe isReady && EVP_PKEY_CTX_set_signature_md(context, digest) == 1
        if scheme.isPSS {
            isReady =
                unsafe isReady
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
        }
        guard isReady else {
            unsafe EVP_PKEY_CTX_free(context)
            LibraryErrors.clear()
            return nil
        }
        self.handle = handle
        self.scheme = scheme
        unsafe self.context = context
    }

    deinit {
        unsafe EVP_PKEY_CTX_free(context)
    }

    func accepts(_ signature: Span<UInt8>, of digest: Span<UInt8>) -> Bool {
        unsafe signature.withUnsafeBufferPointer { sent in
            unsafe digest.withUnsafeBufferPointer { hashed in
                unsafe EVP_PKEY_verify(
                    context,
                    sent.baseAddress,
                    sent.count,
                    hashed.baseAddress,
                    hashed.count
                ) == 1
            }
        }
    }
}
