import COpenSSL

/// A private key that tokens can be signed with.
public struct PrivateKey: Sendable {
    /// The half that may be shown.
    public let publicKey: PublicKey
    private let handle: KeyHandle

    /// A fresh key.
    ///
    /// `bits` counts for RSA only, and is at least ``RSAStrength/bitsMin``.
    ///
    /// Cost: up to a second for RSA of 2 048 bits, far less for all others.
    public static func generate(
        _ kind: KeyKind,
        bits: Int = RSAStrength.bitsMin
    ) throws(CryptographyFault) -> PrivateKey {
        try PrivateKey(handle: KeyHandle.generate(kind, bits: max(bits, RSAStrength.bitsMin)))
    }

    /// The first private key of a PEM text: PKCS #8, or the older forms.
    ///
    /// An encrypted one is refused.
    public init(pem: Span<UInt8>) throws(CryptographyFault) {
        try self.init(handle: KeyHandle.privateKey(pem: pem))
    }

    private init(handle: KeyHandle) throws(CryptographyFault) {
        self.handle = handle
        publicKey = try PublicKey(parameters: handle.publicParameters())
    }

    /// The kind of the key.
    public var kind: KeyKind { publicKey.kind }

    /// The key as PKCS #8 in PEM, not encrypted: for a file that only its owner can read.
    public func pem() throws(CryptographyFault) -> [UInt8] {
        try handle.privatePEM()
    }

    /// The signature over `message` in JOSE's form.
    ///
    /// - Throws: ``CryptographyFault/schemeUnsuitable`` where the scheme wants another kind of key.
    public func sign(
        _ message: Span<UInt8>,
        scheme: SignatureScheme
    ) throws(CryptographyFault) -> [UInt8] {
        guard let size = publicKey.signatureSize(for: scheme) else { throw .schemeUnsuitable }
        defer { LibraryErrors.clear() }
        // SAFETY: the context is ours and freed once; it refers to the key, which `self` keeps.
        guard let context = unsafe EVP_MD_CTX_new() else { throw .unavailable }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe prepare(context, scheme: scheme),
            let signature = unsafe makeSignature(message, with: context, sizeMax: size + 16)
        else { throw .unavailable }
        guard kind.isNISTCurve else { return signature }
        guard let raw = ECDSASignature.decodeDER(signature, coordinateSize: size / 2) else {
            throw .unavailable
        }
        return raw
    }

    private func prepare(_ context: OpaquePointer, scheme: SignatureScheme) -> Bool {
        var details: OpaquePointer?
        guard
            unsafe EVP_DigestSignInit(
                context,
                &details,
                scheme.digestFunction?.builtIn,
                nil,
                handle.pointer
            ) == 1
        else { return false }
        guard let padding = scheme.rsaPadding else { return true }
        guard unsafe EVP_PKEY_CTX_set_rsa_padding(details, padding) == 1 else { return false }
        return unsafe !scheme.isPSS
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1
    }

    private func makeSignature(
        _ message: Span<UInt8>,
        with context: OpaquePointer,
        sizeMax: Int
    ) -> [UInt8]? {
        var signature = [UInt8](repeating: 0, count: sizeMax)
        var size = sizeMax
        // SAFETY: OpenSSL writes at most `size` bytes, which is how long the array is.
        let done = unsafe message.withUnsafeBufferPointer { text in
            unsafe EVP_DigestSign(context, &signature, &size, text.baseAddress, text.count)
        }
        guard done == 1 else { return nil }
        signature.removeLast(sizeMax - size)
        return signature
    }
}

extension PrivateKey: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    public var description: String { "(private \(kind.rawValue) key)" }

    /// Never the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
