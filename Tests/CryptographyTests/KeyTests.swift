import Bytes
import Testing

@testable import Cryptography

struct KeyTests {
    @Test(arguments: KeyKind.allCases)
    func pemKeepsTheKey(kind: KeyKind) throws {
        let key = try #require(Keys.all[kind])
        let read = try PrivateKey(pem: try key.pem())
        #expect(read.kind == kind)
        #expect(read.publicKey == key.publicKey)
        let shown = try PublicKey(pem: try key.publicKey.pem())
        #expect(shown == key.publicKey)
        #expect(shown.bits == key.publicKey.bits)
        #expect(try PublicKey(parameters: key.publicKey.parameters) == key.publicKey)
        let scheme = try #require(SignatureScheme.allCases.first { $0.keyKind == kind })
        let signature = try read.sign(utf8("x"), scheme: scheme)
        #expect(shown.isValidSignature(signature, for: utf8("x"), scheme: scheme))
    }

    @Test
    func readsTheOlderForm() throws {
        let key = try PrivateKey(pem: utf8(Samples.traditionalKey))
        #expect(key.kind == .p256)
    }

    @Test(arguments: [
        ("", CryptographyFault.keyMalformed),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", .keyMalformed),
        (Samples.encryptedKey, .keyMalformed),
        (Samples.smallKey, .rsaModulusTooSmall),
        (Samples.unknownCurve, .keyUnsupported),
    ])
    func refusesOtherPrivateKeys(pem: String, fault: CryptographyFault) {
        #expect(throws: fault) { try PrivateKey(pem: utf8(pem)) }
        #expect(LibraryErrors.isEmpty)
    }

    @Test
    func cutPEMNeverTraps() throws {
        let pem = try #require(Keys.all[.p256]).pem()
        var refusals = 0
        for end in 0..<pem.count where (try? PrivateKey(pem: [UInt8](pem.prefix(end)))) == nil {
            refusals += 1
        }
        // OpenSSL reads a key whose last line end is missing.
        #expect(refusals >= pem.count - 1)
        #expect(LibraryErrors.isEmpty)
    }

    @Test
    func doesNotShowThePrivateKey() throws {
        let key = try #require(Keys.all[.ed25519])
        #expect("\(key)" == "(private Ed25519 key)")
        #expect(Mirror(reflecting: key).children.isEmpty)
    }

    @Test
    func leadingZerosOfRSANumbersAreDropped() throws {
        let key = try #require(Keys.all[.rsa]).publicKey
        guard case .rsa(let modulus, let exponent) = key.parameters else {
            Issue.record("not RSA")
            return
        }
        let padded = try PublicKey.rsa(
            modulus: ([0, 0] + modulus),
            exponent: ([0] + exponent)
        )
        #expect(padded == key)
        #expect(exponent == [1, 0, 1])
        #expect(key.bits == 2048)
    }

    @Test(arguments: [[], [0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 1]] as [[UInt8]])
    func refusesUnsuitableExponents(exponent: [UInt8]) throws {
        let key = try #require(Keys.all[.rsa]).publicKey
        guard case .rsa(let modulus, _) = key.parameters else {
            Issue.record("not RSA")
            return
        }
        #expect(throws: CryptographyFault.rsaExponentUnsuitable) {
            try PublicKey.rsa(modulus: modulus, exponent: exponent)
        }
        #expect(try PublicKey.rsa(modulus: modulus, exponent: [3]).bits == 2048)
    }

    @Test
    func refusesModuliOfTheWrongSize() throws {
        func modulus(bits: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: 0xA7, count: (bits + 7) / 8)
            bytes[0] = UInt8(truncatingIfNeeded: 1 << ((bits - 1) % 8))
            return bytes
        }
        func fault(bits: Int) -> CryptographyFault? {
            do {
                _ = try PublicKey.rsa(modulus: modulus(bits: bits), exponent: [3])
                return nil
            } catch {
                return error
            }
        }
        #expect(fault(bits: 1024) == .rsaModulusTooSmall)
        #expect(fault(bits: 2047) == .rsaModulusTooSmall)
        #expect(fault(bits: 2048) == nil)
        #expect(fault(bits: 3072) == nil)
        #expect(fault(bits: 8192) == nil)
        #expect(fault(bits: 8193) == .rsaModulusTooLarge)
        #expect(throws: CryptographyFault.rsaModulusTooSmall) {
            try PublicKey.rsa(modulus: [], exponent: [3])
        }
        var even = modulus(bits: 2048)
        even[255] = 0xA6
        #expect(throws: CryptographyFault.keyMalformed) {
            try PublicKey.rsa(modulus: even, exponent: [3])
        }
    }

    @Test
    func refusesTheROCAStructureAndNoOther() throws {
        #expect(throws: CryptographyFault.rsaModulusPredictable) {
            try PublicKey.rsa(modulus: bytes(Samples.rocaModulus), exponent: [1, 0, 1])
        }
        // One chance in 10^26 that a random modulus looks like it.
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var modulus = (0..<256).map { _ in UInt8.random(in: 0...255, using: &generator) }
            modulus[0] |= 0x80
            modulus[255] |= 1
            #expect(throws: Never.self) {
                try RSAStrength.check(modulus: modulus.span, exponent: [1, 0, 1].span)
            }
        }
    }

    @Test(arguments: [KeyKind.p256, .p384, .p521])
    func refusesPointsOffTheCurve(kind: KeyKind) throws {
        let key = try #require(Keys.all[kind]).publicKey
        guard case .elliptic(let curve, let x, let y) = key.parameters else {
            Issue.record("not elliptic")
            return
        }
        func fault(_ x: [UInt8], _ y: [UInt8], _ curve: KeyKind) -> CryptographyFault? {
            do {
                _ = try PublicKey.elliptic(curve: curve, x: x, y: y)
                return nil
            } catch {
                return error
            }
        }
        let zero = [UInt8](repeating: 0, count: x.count)
        var changed = y
        changed[y.count - 1] ^= 1
        #expect(fault(x, y, curve) == nil)
        #expect(fault(x, changed, curve) == .pointUnsuitable)
        #expect(fault(zero, zero, curve) == .pointUnsuitable)
        #expect(fault([UInt8](repeating: 0xFF, count: x.count), y, curve) == .pointUnsuitable)
        #expect(fault([0] + x, y, curve) == .keyMalformed)
        #expect(fault(x, [UInt8](y.dropLast()), curve) == .keyMalformed)
        #expect(fault([], [], curve) == .keyMalformed)
        #expect(fault(x, y, .rsa) == .keyUnsupported)
        #expect(fault(x, y, .ed25519) == .keyUnsupported)
        #expect(LibraryErrors.isEmpty)
    }

    @Test
    func refusesPointsOfSmallOrder() {
        for low in [0, 1] as [UInt8] {
            for sign in [0, 0x80] as [UInt8] {
                var point = [low] + [UInt8](repeating: 0, count: 31)
                point[31] |= sign
                #expect(throws: CryptographyFault.pointUnsuitable) {
                    try PublicKey.ed25519(x: point)
                }
            }
        }
        #expect(throws: CryptographyFault.keyMalformed) { try PublicKey.ed25519(x: [1, 2]) }
        #expect(throws: CryptographyFault.keyMalformed) { try PublicKey.ed25519(x: []) }
    }
}
