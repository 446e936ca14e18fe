import Bytes
import Cryptography
import JSON

extension JSONWebKey {
    /// Reads one member of a public set.
    ///
    /// Members that say nothing about the key itself (`x5c`, `x5t`, unknown ones) are passed over.
    ///
    /// - Throws: Why the key is not used; the rest of the set is not concerned.
    internal init(parsing object: JSONObject) throws(KeySkipReason) {
        let keyID = try Self.keyID(of: object)
        try Self.checkPurpose(of: object)
        guard case .string(let type)? = object["kty"] else { throw .type }
        let key: PublicKey
        switch type {
        case "EC": key = try Self.ellipticKey(object)
        case "OKP": key = try Self.edwardsKey(object)
        case "RSA": key = try Self.rsaKey(object)
        case "oct": throw .secret
        default: throw .type
        }
        guard !object.contains("d") else { throw .privatePart }
        let algorithm = try Self.algorithm(of: object)
        self.init(keyID: keyID, algorithm: algorithm, material: .publicKey(key))
        if let algorithm, misfit(with: algorithm) != nil {
            throw .algorithm
        }
    }

    /// The `kid` of a member, for the report about a key that is not used as well.
    internal static func keyID(of object: JSONObject) throws(KeySkipReason) -> String? {
        guard let value = object["kid"] else { return nil }
        guard case .string(let text) = value else { throw .keyID }
        return text
    }

    /// `use` and `key_ops` (RFC 7517 §4.2, §4.3): absent, or for checking signatures.
    private static func checkPurpose(of object: JSONObject) throws(KeySkipReason) {
        if let use = object["use"], use != "sig" {
            throw .use
        }
        if let operations = object["key_ops"] {
            guard case .array(let words) = operations, words.contains("verify") else {
                throw .operations
            }
        }
    }

    private static func algorithm(of object: JSONObject) throws(KeySkipReason) -> Algorithm? {
        guard let value = object["alg"] else { return nil }
        guard case .string(let name) = value else { throw .algorithm }
        // The name of RFC 9864 for what tokens call EdDSA.
        if name == "Ed25519" {
            return .eddsa
        }
        guard let algorithm = Algorithm(rawValue: name), algorithm != .hs256 else {
            throw .algorithm
        }
        return algorithm
    }

    private static func ellipticKey(_ object: JSONObject) throws(KeySkipReason) -> PublicKey {
        let curve: KeyKind
        switch object["crv"] {
        case "P-256": curve = .p256
        case "P-384": curve = .p384
        case "P-521": curve = .p521
        default: throw .curve
        }
        let x = try coordinate("x", of: object, curve: curve)
        let y = try coordinate("y", of: object, curve: curve)
        do {
            return try PublicKey.elliptic(curve: curve, x: x.span, y: y.span)
        } catch {
            throw KeySkipReason(error)
        }
    }

    private static func edwardsKey(_ object: JSONObject) throws(KeySkipReason) -> PublicKey {
        guard object["crv"] == "Ed25519" else { throw .curve }
        let x = try octets("x", of: object)
        do {
            return try PublicKey.ed25519(x: x.span)
        } catch {
            throw KeySkipReason(error)
        }
    }

    private static func rsaKey(_ object: JSONObject) throws(KeySkipReason) -> PublicKey {
        let modulus = try octets("n", of: object)
        let exponent = try octets("e", of: object)
        do {
            return try PublicKey.rsa(modulus: modulus.span, exponent: exponent.span)
        } catch {
            throw KeySkipReason(error)
        }
    }

    /// A coordinate at its full length.
    ///
    /// RFC 7518 §6.2.1.2 wants it so, but issuers exist that drop leading zeros, which hits every
    /// other key on P-521; whether the point is on the curve is proven afterwards in any case.
    private static func coordinate(
        _ name: String,
        of object: JSONObject,
        curve: KeyKind
    ) throws(KeySkipReason) -> [UInt8] {
        let bytes = try octets(name, of: object)
        guard let size = curve.coordinateSize, !bytes.isEmpty, bytes.count < size else {
            return bytes
        }
        return [UInt8](repeating: 0, count: size - bytes.count) + bytes
    }

    private static func octets(
        _ name: String,
        of object: JSONObject
    ) throws(KeySkipReason) -> [UInt8] {
        guard case .string(let text)? = object[name],
            let bytes = Base64URL.decode([UInt8](text.utf8).span)
        else { throw .coding }
        return bytes
    }
}
