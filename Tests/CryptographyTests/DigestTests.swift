import Bytes
import Cryptography
import Testing

/// The bytes that hexadecimal digits spell.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.compactMap { ASCII.hexValue($0) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// The UTF-8 of a text.
func utf8(_ text: String) -> [UInt8] {
    [UInt8](text.utf8)
}

struct DigestTests {
    @Test
    func knownAnswers() {
        #expect(
            SHA256.digest(utf8("abc"))
                == bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        )
        #expect(
            SHA256.digest([])
                == bytes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        )
        #expect(
            SHA384.digest(utf8("abc"))
                == bytes(
                    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                        + "8086072ba1e7cc2358baeca134c825a7"
                )
        )
        #expect(
            SHA512.digest(utf8("abc"))
                == bytes(
                    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
                )
        )
    }

    @Test(arguments: DigestFunction.allCases)
    func sizesAreTrue(function: DigestFunction) {
        #expect(function.digest(utf8("x")).count == function.size)
        #expect(HMAC.code(for: [], key: [], function: function).count == function.size)
    }
}

struct HMACTests {
    @Test
    func rfc4231() {
        #expect(
            HMAC.code(
                for: utf8("Hi There"),
                key: [UInt8](repeating: 0x0B, count: 20)
            ) == bytes("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        )
        #expect(
            HMAC.code(for: utf8("what do ya want for nothing?"), key: utf8("Jefe"))
                == bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        )
        #expect(
            HMAC.code(
                for: utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
                key: [UInt8](repeating: 0xAA, count: 131)
            ) == bytes("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        )
    }

    @Test
    func emptyKeyAndMessage() {
        let answer = bytes("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(HMAC.code(for: [], key: []) == answer)
        #expect(HMAC.code(for: [], key: [0]) == answer)
    }

    @Test
    func anyChangedBitIsNotValid() {
        let key = utf8("key")
        let message = utf8("message")
        let code = HMAC.code(for: message, key: key)
        #expect(HMAC.isValid(code, for: message, key: key))
        #expect(!HMAC.isValid(code, for: message, key: utf8("kez")))
        #expect(!HMAC.isValid([UInt8](code.prefix(31)), for: message, key: key))
        #expect(!HMAC.isValid([], for: message, key: key))
        for bit in 0..<256 {
            var changed = code
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!HMAC.isValid(changed, for: message, key: key))
        }
    }
}

struct RandomTests {
    @Test
    func isOfTheLengthAskedForAndNeverTwiceTheSame() {
        #expect(Random.bytes(0).isEmpty)
        var seen: Set<[UInt8]> = []
        for _ in 0..<1000 {
            let made = Random.bytes(16)
            #expect(made.count == 16)
            #expect(seen.insert(made).inserted)
        }
        var filled = [UInt8](repeating: 0, count: 64)
        Random.fill(&filled)
        #expect(filled.contains { $0 != 0 })
    }
}
