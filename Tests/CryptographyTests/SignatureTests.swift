import Bytes
import Testing

@testable import Cryptography

/// One key of each kind, made once for all tests.
enum Keys {
    static let all: [KeyKind: PrivateKey] = {
        var keys: [KeyKind: PrivateKey] = [:]
        for kind in KeyKind.allCases {
            keys[kind] = try? PrivateKey.generate(kind)
        }
        return keys
    }()

    static func privateKey(for scheme: SignatureScheme) throws -> PrivateKey {
        try #require(scheme.keyKind.flatMap { all[$0] })
    }
}

struct SignatureTests {
    static let asymmetric = SignatureScheme.allCases.filter { $0 != .hs256 }
    let message = utf8("eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9")

    @Test(arguments: asymmetric)
    func signedIsValidAndNothingElseIs(scheme: SignatureScheme) throws {
        let key = try Keys.privateKey(for: scheme)
        let signature = try key.sign(message, scheme: scheme)
        #expect(signature.count == key.publicKey.signatureSize(for: scheme))
        let verifier = SignatureVerifier()
        func isValid(_ signature: [UInt8], _ message: [UInt8], _ other: SignatureScheme) -> Bool {
            let isValid = verifier.isValid(
                signature,
                for: message,
                scheme: other,
                key: key.publicKey
            )
            #expect(LibraryErrors.isEmpty)
            return isValid
        }
        #expect(isValid(signature, message, scheme))
        for other in SignatureScheme.allCases where other != scheme {
            #expect(!isValid(signature, message, other), "\(other)")
        }
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1 << UInt8(index % 8)
            #expect(!isValid(changed, message, scheme), "byte \(index)")
        }
        for length in 0..<signature.count {
            #expect(!isValid([UInt8](signature.prefix(length)), message, scheme))
        }
        for padded in [[0] + signature, signature + [0], signature + signature, []] {
            #expect(!isValid(padded, message, scheme))
        }
        #expect(!isValid(signature, message + [0], scheme))
        #expect(!isValid(signature, [], scheme))
        #expect(isValid(signature, message, scheme), "after all failures")
    }

    @Test(arguments: asymmetric)
    func anotherKeyIsNotValid(scheme: SignatureScheme) throws {
        let key = try Keys.privateKey(for: scheme)
        let other = try PrivateKey.generate(key.kind)
        let signature = try key.sign(message, scheme: scheme)
        #expect(
            key.publicKey.isValidSignature(signature, for: message, scheme: scheme)
        )
        #expect(
            !other.publicKey.isValidSignature(signature, for: message, scheme: scheme)
        )
    }

    @Test(arguments: asymmetric)
    func emptyMessagesCanBeSigned(scheme: SignatureScheme) throws {
        let key = try Keys.privateKey(for: scheme)
        let signature = try key.sign([], scheme: scheme)
        #expect(key.publicKey.isValidSignature(signature, for: [], scheme: scheme))
    }

    @Test(arguments: SignatureScheme.allCases)
    func signingWantsTheRightKind(scheme: SignatureScheme) {
        for (kind, key) in Keys.all where kind != scheme.keyKind {
            #expect(throws: CryptographyFault.schemeUnsuitable) {
                try key.sign(message, scheme: scheme)
            }
            #expect(key.publicKey.signatureSize(for: scheme) == nil)
            #expect(
                key.publicKey.shapeFault(of: [UInt8](repeating: 1, count: 64), scheme: scheme)
                    == .schemeUnsuitable
            )
        }
    }

    @Test
    func theSaltOfPSSIsAsLongAsTheDigest() throws {
        // RS256 and PS256 signatures have the same length: only the padding tells them apart.
        let key = try Keys.privateKey(for: .ps256)
        let signature = try key.sign(message, scheme: .rs256)
        #expect(
            !key.publicKey.isValidSignature(signature, for: message, scheme: .ps256)
        )
    }

    @Test
    func keepsMoreKeysThanItHasRoomFor() throws {
        let keys = try (0..<70).map { _ in try PrivateKey.generate(.p256) }
        let signatures = try keys.map { try $0.sign(message, scheme: .es256) }
        let verifier = SignatureVerifier()
        for round in 0..<2 {
            for (index, key) in keys.enumerated() {
                let isValid = verifier.isValid(
                    signatures[index],
                    for: message,
                    scheme: .es256,
                    key: key.publicKey
                )
                #expect(isValid, "key \(index), round \(round)")
                let other = signatures[(index + 1) % keys.count]
                #expect(
                    !verifier.isValid(
                        other,
                        for: message,
                        scheme: .es256,
                        key: key.publicKey
                    )
                )
            }
            verifier.removeAllKeys()
        }
    }

    @Test
    func keysServeManyThreads() async throws {
        let key = try Keys.privateKey(for: .es256)
        let signature = try key.sign(message, scheme: .es256)
        let publicKey = key.publicKey
        let message = message
        let validCount = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let verifier = SignatureVerifier()
                    return (0..<50).count { _ in
                        verifier.isValid(
                            signature,
                            for: message,
                            scheme: .es256,
                            key: publicKey
                        )
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(validCount == 200)
    }
}

struct SignatureShapeTests {
    @Test(arguments: [SignatureScheme.es256, .es384, .es512])
    func numbersOfECDSAMustBeInRange(scheme: SignatureScheme) throws {
        let key = try Keys.privateKey(for: scheme).publicKey
        let order = key.kind.groupOrder
        let zero = [UInt8](repeating: 0, count: order.count)
        var one = zero
        one[one.count - 1] = 1
        var largest = order
        largest[largest.count - 1] -= 1
        let above = [UInt8](repeating: 0xFF, count: order.count)
        func fault(_ r: [UInt8], _ s: [UInt8]) -> SignatureShapeFault? {
            key.shapeFault(of: (r + s), scheme: scheme)
        }
        #expect(fault(zero, zero) == .zero)
        for good in [one, largest] {
            #expect(fault(good, one) == nil)
            #expect(fault(largest, good) == nil)
            for bad in [zero, order, above] {
                #expect(fault(good, bad) == .outOfRange)
                #expect(fault(bad, good) == .outOfRange)
            }
        }
        #expect(fault([0] + one, one) == .wrongSize)
        #expect(fault([0] + one, [0] + one) == .wrongSize)
        #expect(fault(one, []) == .wrongSize)
    }

    @Test(arguments: [SignatureScheme.es256, .es384, .es512])
    func tellsASN1Apart(scheme: SignatureScheme) throws {
        let key = try Keys.privateKey(for: scheme)
        for _ in 0..<20 {
            let raw = try key.sign(utf8("x"), scheme: scheme)
            var scratch = ECDSASignature.Scratch(repeating: 0)
            let size = try #require(ECDSASignature.encodeDER(raw.span, into: &scratch))
            let der = scratch.span.extracting(0..<size).copied()
            #expect(key.publicKey.shapeFault(of: der, scheme: scheme) == .derEncoded)
        }
    }

    @Test
    func theNumberOfEd25519MustBeBelowTheOrder() throws {
        let key = try Keys.privateKey(for: .eddsa)
        var signature = try key.sign(utf8("x"), scheme: .eddsa)
        #expect(key.publicKey.shapeFault(of: signature, scheme: .eddsa) == nil)
        // S + L is another spelling of the same signature (RFC 8032 §5.1.7).
        var carry = 0
        for index in 0..<32 {
            let sum =
                Int(signature[32 + index]) + Int(KeyKind.ed25519.groupOrder[31 - index]) + carry
            signature[32 + index] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
        }
        #expect(carry == 0)
        #expect(key.publicKey.shapeFault(of: signature, scheme: .eddsa) == .outOfRange)
        let zeros = [UInt8](repeating: 0, count: 64)
        #expect(key.publicKey.shapeFault(of: zeros, scheme: .eddsa) == .zero)
        #expect(key.publicKey.shapeFault(of: [], scheme: .eddsa) == .wrongSize)
    }

    @Test
    func signaturesOfRSAAreAsLongAsTheModulus() throws {
        let key = try Keys.privateKey(for: .rs256).publicKey
        #expect(key.signatureSize(for: .ps512) == 256)
        for (count, fault) in [
            (0, SignatureShapeFault.wrongSize), (255, .wrongSize), (257, .wrongSize), (256, .zero),
        ] {
            let signature = [UInt8](repeating: 0, count: count)
            #expect(key.shapeFault(of: signature, scheme: .rs256) == fault)
        }
    }

    @Test(arguments: [32, 48, 66])
    func bothFormsOfECDSASayTheSame(size: Int) throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var raw = (0..<size * 2).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Short numbers, and numbers whose first bit is set, are the hard ones.
            for start in [0, size] {
                for index in 0..<Int.random(in: 0..<size, using: &generator) where Bool.random() {
                    raw[start + index] = 0
                }
            }
            var scratch = ECDSASignature.Scratch(repeating: 0)
            let count = try #require(ECDSASignature.encodeDER(raw.span, into: &scratch))
            let der = scratch.span.extracting(0..<count).copied()
            #expect(ECDSASignature.decodeDER(der, coordinateSize: size) == raw)
        }
    }

    @Test
    func neverTrapsOnAnyLength() throws {
        for (_, key) in Keys.all {
            for scheme in SignatureScheme.allCases {
                for count in 0...300 {
                    for fill in [0, 0x30, 0xFF] as [UInt8] {
                        let signature = [UInt8](repeating: fill, count: count)
                        let fault = key.publicKey.shapeFault(of: signature, scheme: scheme)
                        let size = key.publicKey.signatureSize(for: scheme)
                        #expect(count == size || fault != nil)
                    }
                }
            }
        }
    }
}
