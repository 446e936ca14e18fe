import Cryptography
import JOSE
import Storage

/// A stored signing key, opened.
struct HeldKey: Sendable {
    var record: SigningKeyRecord
    let privateKey: PrivateKey
    let algorithm: Algorithm

    /// Makes a fresh key.
    ///
    /// Its id is the beginning of its thumbprint (RFC 7638): 72 bits, which no two keys share.
    ///
    /// Cost: microseconds for elliptic keys; up to a second for RSA.
    static func make(
        realm: String,
        algorithm name: String,
        signsFrom: Int64,
        now: Int64,
        sealing: SealingKey
    ) throws(SigningKeyFault) -> HeldKey {
        let algorithm = try knownAlgorithm(name)
        guard let kind = algorithm.scheme.keyKind else { throw .algorithmUnsuitable(name: name) }
        do throws(CryptographyFault) {
            let privateKey = try PrivateKey.generate(kind)
            let key = JSONWebKey(
                keyID: nil,
                algorithm: algorithm,
                material: .publicKey(privateKey.publicKey)
            )
            let pem = try privateKey.pem()
            let record = SigningKeyRecord(
                id: String(key.thumbprint.prefix(idLength)),
                realm: realm,
                algorithm: name,
                sealedKey: sealing.seal(pem.span, for: purpose),
                createdAt: now,
                signsFrom: signsFrom
            )
            return HeldKey(record: record, privateKey: privateKey, algorithm: algorithm)
        } catch {
            throw .cryptography(error)
        }
    }

    private init(record: SigningKeyRecord, privateKey: PrivateKey, algorithm: Algorithm) {
        self.record = record
        self.privateKey = privateKey
        self.algorithm = algorithm
    }

    /// Opens a stored key.
    init(_ record: SigningKeyRecord, sealing: SealingKey) throws(SigningKeyFault) {
        guard let pem = sealing.open(record.sealedKey.span, for: Self.purpose),
            let privateKey = try? PrivateKey(pem: pem.span),
            let algorithm = Algorithm(rawValue: record.algorithm),
            algorithm.scheme.keyKind == privateKey.kind
        else { throw .keyUnreadable(id: record.id) }
        self.init(record: record, privateKey: privateKey, algorithm: algorithm)
    }

    /// The half that is published.
    var publicKey: JSONWebKey {
        JSONWebKey(
            keyID: record.id,
            algorithm: algorithm,
            material: .publicKey(privateKey.publicKey)
        )
    }

    /// Makes tokens of a `typ` with it.
    func signer(type: String) throws(SigningKeyFault) -> TokenSigner {
        do throws(CryptographyFault) {
            return try TokenSigner(
                privateKey: privateKey,
                algorithm: algorithm,
                keyID: record.id,
                type: type
            )
        } catch {
            throw .cryptography(error)
        }
    }

    private static func knownAlgorithm(_ name: String) throws(SigningKeyFault) -> Algorithm {
        guard let algorithm = Algorithm(rawValue: name) else {
            throw .algorithmUnsuitable(name: name)
        }
        return algorithm
    }

    /// Whether the sealing key opens the record, whatever is in it.
    static func opens(_ record: SigningKeyRecord, with sealing: SealingKey) -> Bool {
        sealing.open(record.sealedKey.span, for: purpose) != nil
    }

    /// What private keys are sealed for.
    private static let purpose = "signing-key"
    /// Twelve letters, as the compatible system's have.
    private static let idLength = 12
}
