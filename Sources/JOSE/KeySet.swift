import Bytes
public import Cryptography
public import JSON

/// The keys of one issuer: immutable, and good for any number of workers.
///
/// One bad key never spoils the set: it is left out, and ``skipped`` says why. Two sets are equal
/// when the same keys under the same names are used and skipped.
public struct KeySet: Sendable, Equatable {
    /// The keys that are used.
    public let keys: [JSONWebKey]
    /// The keys that are not, in the order of the set.
    public let skipped: [SkippedKey]

    /// Reads a set (RFC 7517 §5) as an issuer publishes it.
    ///
    /// A single key in its place is a set of one.
    ///
    /// - Throws: What makes it no set at all; a set without usable keys is a set.
    public init(parsing bytes: Span<UInt8>, limits: JSONLimits) throws(KeySetFault) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(bytes, limits: limits)
        } catch {
            throw .json(error)
        }
        guard case .object(let object) = value else { throw .notAnObject }
        let elements: [JSONValue]
        switch object["keys"] {
        case .array(let listed)?: elements = listed
        case nil where object.contains("kty"): elements = [value]
        case nil: throw .keysMissing
        default: throw .keysNotAnArray
        }
        self.init(elements: elements)
    }

    /// The set of the one secret that an HS256 issuer shares with us.
    public init(secret: [UInt8]) throws(KeySetFault) {
        guard let secret = SharedSecret(secret) else { throw .secretTooShort }
        self.init([JSONWebKey(keyID: nil, algorithm: .hs256, material: .secret(secret))])
    }

    /// The set of one public key in PEM, without a `kid`: it serves tokens whatever theirs is.
    public init(pem: Span<UInt8>) throws(KeySetFault) {
        let key: PublicKey
        do {
            key = try PublicKey(pem: pem)
        } catch {
            throw .key(error)
        }
        self.init([JSONWebKey(keyID: nil, algorithm: nil, material: .publicKey(key))])
    }

    /// The set of keys that we hold ourselves.
    public init(_ keys: [JSONWebKey]) {
        self.keys = keys
        skipped = []
    }

    private init(elements: [JSONValue]) {
        var keys: [JSONWebKey] = []
        var skipped: [SkippedKey] = []
        for element in elements {
            guard case .object(let object) = element else {
                skipped.append(SkippedKey(keyID: nil, reason: .coding))
                continue
            }
            do throws(KeySkipReason) {
                guard keys.count < Self.keyCountMax else { throw .count }
                let key = try JSONWebKey(parsing: object)
                guard !keys.contains(where: { $0.isSame(as: key) }) else { throw .duplicate }
                keys.append(key)
            } catch {
                guard skipped.count < Self.skippedCountMax else { continue }
                skipped.append(SkippedKey(keyID: object["kid"]?.string, reason: error))
            }
        }
        self.keys = keys
        self.skipped = skipped
    }

    /// Whether no key can be used.
    public var isEmpty: Bool { keys.isEmpty }

    /// The SHA-256 over names, algorithms and thumbprints of the keys used, whatever their order:
    /// equal for sets that decide alike.
    public func fingerprint() -> [UInt8] {
        let lines = keys.map { key in
            "\(key.thumbprint) \(key.algorithm?.rawValue ?? "-") \(key.keyID.map { "=\($0)" } ?? "-")"
        }
        return SHA256.digest([UInt8](lines.sorted().joined(separator: "\n").utf8).span)
    }

    /// This set and the keys of an older one that it lacks: for the time in which tokens of both
    /// are under way.
    ///
    /// Where both have a `kid`, this set's key is meant.
    public func merging(older: KeySet) -> KeySet {
        var merged = keys
        for key in older.keys where merged.count < Self.keyCountMax {
            let isReplaced = keys.contains { newer in
                newer.isSame(as: key) || (key.keyID != nil && newer.isNamed(key.keyID))
            }
            if !isReplaced {
                merged.append(key)
            }
        }
        return KeySet(keys: merged, skipped: skipped)
    }

    private init(keys: [JSONWebKey], skipped: [SkippedKey]) {
        self.keys = keys
        self.skipped = skipped
    }

    /// Appends the set as an issuer publishes it; secrets are left out.
    public func write(into output: inout [UInt8]) {
        let members = keys.compactMap { $0.json() }.map { JSONValue.object($0) }
        (["keys": .array(members)] as JSONObject).write(into: &output)
    }

    /// The most keys that are used: chosen, ten times what the largest known issuers publish.
    public static let keyCountMax = 256
    /// The most keys that are reported as not used.
    public static let skippedCountMax = 256
}

extension KeySet {
    /// A key that is not used.
    public struct SkippedKey: Sendable, Hashable {
        /// Its `kid`, where it has one.
        public let keyID: String?
        /// Why.
        public let reason: KeySkipReason
    }
}

/// Why bytes are no key set.
public enum KeySetFault: Error, Hashable, Sendable {
    /// They are not strict JSON, or too many.
    case json(JSONFault)
    /// They are not a usable key in PEM.
    case key(CryptographyFault)
    /// There is no `keys`.
    case keysMissing
    /// `keys` is not an array.
    case keysNotAnArray
    /// They are JSON, but no object.
    case notAnObject
    /// A secret is shorter than ``SharedSecret/sizeMin``.
    case secretTooShort
}

extension KeySetFault: CustomStringConvertible {
    /// A sentence part for a person.
    public var description: String {
        switch self {
        case .json(let fault): "not strict JSON: \(fault)"
        case .key(let fault): "not a usable public key in PEM: \(fault.rawValue)"
        case .keysMissing: "no member \"keys\""
        case .keysNotAnArray: "\"keys\" is not an array"
        case .notAnObject: "not a JSON object"
        case .secretTooShort: "the secret is shorter than \(SharedSecret.sizeMin) bytes"
        }
    }
}

extension JSONWebKey {
    /// Whether both are the same key under the same name, for the same use.
    fileprivate func isSame(as other: JSONWebKey) -> Bool {
        thumbprint == other.thumbprint && isNamed(other.keyID) && algorithm == other.algorithm
    }
}
