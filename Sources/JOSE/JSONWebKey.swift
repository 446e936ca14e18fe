import Bytes
public import Cryptography
public import JSON

/// One key of a set (RFC 7517), known to be fit for checking signatures.
public struct JSONWebKey: Sendable, Equatable {
    /// `kid`.
    public let keyID: String?
    /// `alg`: the only algorithm that the key may be used with, where it says one.
    public let algorithm: Algorithm?
    /// What the signature is checked with.
    public let material: Material
    /// The thumbprint of RFC 7638 with SHA-256, in base64url.
    ///
    /// A secret's is a keyless hash of it: not to be shown.
    public let thumbprint: String

    /// A key that we hold ourselves.
    public init(keyID: String?, algorithm: Algorithm?, material: Material) {
        self.keyID = keyID
        self.algorithm = algorithm
        self.material = material
        var canonical: [UInt8] = []
        material.thumbprintMembers.write(into: &canonical)
        thumbprint = Base64URL.encode(SHA256.digest(canonical.span).span).span.text()
    }

    /// Why the key cannot be used with the algorithm, or `nil` where it can.
    public func misfit(with algorithm: Algorithm) -> TokenDetail? {
        switch material {
        case .publicKey(let key):
            guard let wanted = algorithm.scheme.keyKind, wanted == key.kind else {
                let bothCurves = algorithm.scheme.keyKind.map { $0 != .rsa } ?? false
                return bothCurves && key.kind != .rsa ? .keyCurve : .keyType
            }
        case .secret:
            guard algorithm == .hs256 else { return .keyType }
        }
        guard let own = self.algorithm else { return nil }
        return own == algorithm ? nil : .keyAlgorithm
    }

    /// Whether the key's `kid` is exactly `name`, both absent included.
    internal func isNamed(_ name: String?) -> Bool {
        Self.isSameName(keyID, name)
    }

    /// Whether both names are absent, or the same bytes.
    internal static func isSameName(_ name: String?, _ other: String?) -> Bool {
        switch (name, other) {
        case (nil, nil): true
        case (let name?, let other?): JSONText.isExactly(name, other)
        case (nil, _?), (_?, nil): false
        }
    }

    /// The key as a member of a public set, or `nil` for a secret.
    public func json() -> JSONObject? {
        guard case .publicKey = material else { return nil }
        var object = material.thumbprintMembers
        object["use"] = "sig"
        object["alg"] = algorithm.map { .string($0.rawValue) }
        object["kid"] = keyID.map { .string($0) }
        return object
    }
}

extension JSONWebKey {
    /// What a signature is checked with.
    public enum Material: Sendable, Equatable {
        /// A public key.
        case publicKey(PublicKey)
        /// A secret for HS256.
        case secret(SharedSecret)
    }
}

extension JSONWebKey.Material {
    /// The required members in the order of their names (RFC 7638 §3.2, RFC 8037 §2).
    fileprivate var thumbprintMembers: JSONObject {
        switch self {
        case .secret(let secret):
            return ["k": Self.text(secret.bytes), "kty": "oct"]
        case .publicKey(let key):
            switch key.parameters {
            case .ed25519(let x):
                return ["crv": "Ed25519", "kty": "OKP", "x": Self.text(x)]
            case .elliptic(let curve, let x, let y):
                return [
                    "crv": .string(curve.rawValue), "kty": "EC", "x": Self.text(x),
                    "y": Self.text(y),
                ]
            case .rsa(let modulus, let exponent):
                return ["e": Self.text(exponent), "kty": "RSA", "n": Self.text(modulus)]
            }
        }
    }

    private static func text(_ bytes: [UInt8]) -> JSONValue {
        .string(Base64URL.encode(bytes.span).span.text())
    }
}

/// A secret that an issuer and the gateway share.
public struct SharedSecret: Sendable, Equatable {
    /// The secret itself.
    internal let bytes: [UInt8]

    /// Takes a secret, or returns `nil` where it is shorter than HS256 wants (RFC 7518 §3.2).
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.sizeMin else { return nil }
        self.bytes = bytes
    }

    /// Whether both are the same, in constant time for equal lengths.
    public static func == (left: SharedSecret, right: SharedSecret) -> Bool {
        left.bytes.span.constantTimeEquals(right.bytes.span)
    }

    /// The fewest bytes: as many as the digest has.
    public static let sizeMin = 32
}

extension SharedSecret: CustomStringConvertible, CustomReflectable {
    /// Never the secret.
    public var description: String { "(secret)" }

    /// Never the secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
