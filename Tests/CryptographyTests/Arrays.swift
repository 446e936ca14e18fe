import Cryptography

// What the module takes as spans, taken as arrays: the macros of the testing library cannot carry a
// span from one side of an expression to the other.

extension PublicKey {
    init(pem: [UInt8]) throws(CryptographyFault) {
        try self.init(pem: pem.span)
    }

    static func rsa(
        modulus: [UInt8],
        exponent: [UInt8]
    ) throws(CryptographyFault) -> PublicKey {
        try rsa(modulus: modulus.span, exponent: exponent.span)
    }

    static func elliptic(
        curve: KeyKind,
        x: [UInt8],
        y: [UInt8]
    ) throws(CryptographyFault) -> PublicKey {
        try elliptic(curve: curve, x: x.span, y: y.span)
    }

    static func ed25519(x: [UInt8]) throws(CryptographyFault) -> PublicKey {
        try ed25519(x: x.span)
    }

    func isValidSignature(
        _ signature: [UInt8],
        for message: [UInt8],
        scheme: SignatureScheme
    ) -> Bool {
        isValidSignature(signature.span, for: message.span, scheme: scheme)
    }

    func shapeFault(of signature: [UInt8], scheme: SignatureScheme) -> SignatureShapeFault? {
        shapeFault(of: signature.span, scheme: scheme)
    }
}

extension PrivateKey {
    init(pem: [UInt8]) throws(CryptographyFault) {
        try self.init(pem: pem.span)
    }

    func sign(_ message: [UInt8], scheme: SignatureScheme) throws(CryptographyFault) -> [UInt8] {
        try sign(message.span, scheme: scheme)
    }
}

extension SignatureVerifier {
    func isValid(
        _ signature: [UInt8],
        for message: [UInt8],
        scheme: SignatureScheme,
        key: PublicKey
    ) -> Bool {
        isValid(signature.span, for: message.span, scheme: scheme, key: key)
    }
}

extension DigestFunction {
    func digest(_ message: [UInt8]) -> [UInt8] {
        digest(message.span)
    }
}

extension SHA256 {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        digest(message.span)
    }
}

extension SHA384 {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        digest(message.span)
    }
}

extension SHA512 {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        digest(message.span)
    }
}

extension HMAC {
    static func code(
        for message: [UInt8],
        key: [UInt8],
        function: DigestFunction = .sha256
    ) -> [UInt8] {
        code(for: message.span, key: key.span, function: function)
    }

    static func isValid(_ code: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        isValid(code.span, for: message.span, key: key.span)
    }
}
