import JOSE
import JSON
import Testing

/// A token cut at every byte, and with every byte changed: refused, and never a trap.
struct EveryByteTests {
    @Test(arguments: [Algorithm.es256, .rs256, .eddsa, .hs256])
    func cutAnywhereIsRefused(algorithm: Algorithm) throws {
        let token = try Fixtures.signer(algorithm).sign(Fixtures.claims)
        let keys = try Fixtures.keySet(algorithm)
        let policy = Fixtures.policy(algorithm)
        #expect(refusal(of: token, keys: keys, policy: policy) == nil)
        for end in 0..<token.count {
            #expect(refusal(of: [UInt8](token.prefix(end)), keys: keys, policy: policy) != nil)
            #expect(refusal(of: [UInt8](token.suffix(end)), keys: keys, policy: policy) != nil)
        }
    }

    @Test(arguments: [Algorithm.ps256, .es512, .eddsa, .hs256])
    func changedAnywhereIsRefused(algorithm: Algorithm) throws {
        let token = try Fixtures.signer(algorithm).sign(Fixtures.claims)
        let keys = try Fixtures.keySet(algorithm)
        let policy = Fixtures.policy(algorithm)
        let letters = [UInt8]("A_-.=z \u{0}".utf8) + [0x80, 0xFF]
        for index in token.indices {
            for letter in letters where letter != token[index] {
                var changed = token
                changed[index] = letter
                #expect(
                    refusal(of: changed, keys: keys, policy: policy) != nil,
                    "byte \(index) to \(letter)"
                )
            }
            var longer = token
            longer.insert(UInt8(ascii: "A"), at: index)
            #expect(refusal(of: longer, keys: keys, policy: policy) != nil, "byte \(index)")
            var shorter = token
            shorter.remove(at: index)
            #expect(refusal(of: shorter, keys: keys, policy: policy) != nil, "byte \(index)")
        }
    }

    @Test
    func anyClaimsTextUnderAGoodSignatureNeverTraps() throws {
        let whole = utf8(#"{"aud":["orders-api"],"exp":1700000600.5,"scope":"a b","x":{"y":null}}"#)
        let keys = try Fixtures.keySet(.hs256)
        let policy = Fixtures.policy(.hs256)
        let signer = try Fixtures.signer(.hs256)
        let header = utf8(#"{"alg":"HS256"}"#)
        var accepted = 0
        for index in whole.indices {
            for byte in [0x00, 0x22, 0x2C, 0x2D, 0x30, 0x5B, 0x5C, 0x7B, 0x7D, 0x80, 0xFF]
                as [UInt8]
            {
                var changed = whole
                changed[index] = byte
                let token = try signer.sign(header: header.span, claims: changed.span)
                let fault = refusal(of: token, keys: keys, policy: policy)
                accepted += fault == nil ? 1 : 0
                let cause = fault?.cause
                #expect(cause != .signatureInvalid && cause != .signatureMalformed)
            }
        }
        #expect(accepted > 0)
    }

    @Test
    func anyKeySetTextNeverTraps() throws {
        var bytes: [UInt8] = []
        try Fixtures.keySet(.es256).write(into: &bytes)
        let limits = JSONLimits(size: 1 << 16, depth: 8)
        var usable = 0
        for index in bytes.indices {
            #expect((try? KeySet(parsing: bytes.span.extracting(0..<index), limits: limits)) == nil)
            for byte in [0x00, 0x22, 0x2C, 0x41, 0x5B, 0x5C, 0x7B, 0x7D, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = byte
                if let set = try? KeySet(parsing: changed.span, limits: limits) {
                    usable += set.keys.count
                    #expect(set.keys.count + set.skipped.count <= 1)
                }
            }
        }
        #expect(usable > 0)
    }
}
