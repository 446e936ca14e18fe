import Cryptography
import Testing

@testable import AuthorizationServer

struct OpaqueTokenTests {
    private static let letters: [OpaqueToken.Kind: (count: Int, letters: String)] = [
        .browserSession: (43, base64URL),
        .code: (64, "0123456789abcdef"),
        .refreshToken: (45, "0123456789abcdefghjkmnpqrstvwxyz"),
        .state: (43, base64URL),
    ]

    private static let base64URL =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    @Test(arguments: OpaqueToken.Kind.allCases)
    func looksAsItsClientsExpect(kind: OpaqueToken.Kind) throws {
        let expected = try #require(Self.letters[kind])
        var used: Set<Character> = []
        for _ in 0..<200 {
            let token = OpaqueToken.make(kind, random: .system)
            #expect(token.utf8.count == expected.count)
            used.formUnion(token)
        }
        // Of 8 600 letters and more, every one that there is has come up.
        #expect(used == Set(expected.letters))
    }

    @Test
    func saysWhatTheRandomBytesSay() {
        #expect(
            OpaqueToken.make(.code, random: .counting())
                == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        )
        #expect(
            OpaqueToken.make(.refreshToken, random: .counting())
                == "0123456789abcdefghjkmnpqrstvwxyz0123456789abc"
        )
        #expect(
            OpaqueToken.make(.state, random: .counting())
                == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        )
        #expect(RandomSource.counting().uuid() == "00010203-0405-4607-8809-0a0b0c0d0e0f")
    }

    @Test
    func isStoredAsItsDigest() {
        let abc = [UInt8]("abc".utf8)
        #expect(OpaqueToken.hash("abc") == SHA256.digest(abc.span))
    }
}
