import Testing

@testable import Cryptography

struct SealingKeyTests {
    private static let plain: [UInt8] = [1, 2, 3]

    private static func key(_ byte: UInt8 = 7) throws -> SealingKey {
        try #require(SealingKey([UInt8](repeating: byte, count: SealingKey.sizeMin)))
    }

    /// NIST's test case 16 for GCM with a key of 256 bits.
    @Test
    func galoisCounterModeGivesNISTsAnswer() {
        let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
        let nonce = bytes("cafebabefacedbaddecaf888")
        let context = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let plain = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        )
        let sealed = AESGCM.encrypt(plain.span, key: key, nonce: nonce, context: context)
        #expect(
            sealed
                == bytes(
                    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                        + "76fc6ece0f4e1768cddf8853bb2d551b"
                )
        )
        let opened = AESGCM.decrypt(sealed.span, key: key, nonce: nonce, context: context)
        #expect(opened == plain)
    }

    @Test
    func derivesOneKeyForEachPurpose() throws {
        let derived = try Self.key().derivedKey(for: "csrf")
        #expect(derived.count == 32)
        #expect(try Self.key().derivedKey(for: "csrf") == derived)
        #expect(try Self.key().derivedKey(for: "flow") != derived)
        #expect(try Self.key(8).derivedKey(for: "csrf") != derived)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 4_096])
    func opensWhatItSealed(count: Int) throws {
        let key = try Self.key()
        let plain = [UInt8](repeating: 0xA5, count: count)
        let sealed = key.seal(plain.span, for: "flow")
        #expect(sealed.count == count + SealingKey.overhead)
        #expect(key.open(sealed.span, for: "flow") == plain)
    }

    @Test
    func noTwoSealsAreEqual() throws {
        let key = try Self.key()
        let seals = Set((0..<100).map { _ in key.seal(Self.plain.span, for: "flow") })
        #expect(seals.count == 100)
    }

    @Test
    func aChangeOfAnyBitIsSeen() throws {
        let key = try Self.key()
        let sealed = key.seal(Self.plain.span, for: "flow")
        for index in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[index] ^= 1 << UInt8(bit)
                #expect(key.open(changed.span, for: "flow") == nil, "byte \(index), bit \(bit)")
            }
        }
        #expect(LibraryErrors.isEmpty)
    }

    @Test
    func aPartOrMoreIsNothing() throws {
        let key = try Self.key()
        let sealed = key.seal(Self.plain.span, for: "flow")
        for count in sealed.indices {
            let part = [UInt8](sealed.prefix(count))
            #expect(key.open(part.span, for: "flow") == nil, "\(count) bytes")
        }
        let longer = sealed + [0]
        #expect(key.open(longer.span, for: "flow") == nil)
    }

    @Test
    func anotherKeyOrPurposeOpensNothing() throws {
        let sealed = try Self.key().seal(Self.plain.span, for: "flow")
        #expect(try Self.key(8).open(sealed.span, for: "flow") == nil)
        for purpose in ["", "flo", "flow ", "Flow", "signing-key"] {
            #expect(try Self.key().open(sealed.span, for: purpose) == nil, "\(purpose)")
        }
    }

    @Test
    func aShortSecretIsNoKey() {
        #expect(SealingKey([UInt8](repeating: 1, count: 31)) == nil)
        #expect(SealingKey([]) == nil)
    }

    @Test
    func doesNotShowTheSecret() throws {
        let key = try Self.key()
        #expect("\(key)" == "(sealing key)")
        #expect(Mirror(reflecting: key).children.isEmpty)
    }
}
