import Bytes
import JOSE
import Testing

struct CompactTokenTests {
    private func fault(_ text: String, sizeMax: Int = 8192) -> TokenFault? {
        do throws(TokenFault) {
            _ = try CompactToken(utf8(text).span, sizeMax: sizeMax)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [
            ("", TokenFault(.tokenMalformed, .tokenEmpty)),
            ("abcd", TokenFault(.tokenMalformed, .tokenParts)),
            ("e30.e30", TokenFault(.tokenMalformed, .tokenParts)),
            ("e30.e30.aaaa.", TokenFault(.tokenMalformed, .tokenParts)),
            ("e30.e30.aaaa.aaaa", TokenFault(.tokenMalformed, .tokenParts)),
            ("e30.aaaa.aaaa.aaaa.aaaa", TokenFault(.tokenEncrypted, .tokenParts)),
            ("e30..aaaa.aaaa.aaaa", TokenFault(.tokenEncrypted, .tokenParts)),
            ("....", TokenFault(.tokenEncrypted, .tokenParts)),
            (".....", TokenFault(.tokenMalformed, .tokenParts)),
            ("e.e30.", TokenFault(.tokenMalformed, .base64Header)),
            ("e30=.e30.", TokenFault(.tokenMalformed, .base64Header)),
            ("e31.e30.", TokenFault(.tokenMalformed, .base64Header)),
            (" e30.e30.", TokenFault(.tokenMalformed, .base64Header)),
            ("e30.e30+.", TokenFault(.tokenMalformed, .base64Claims)),
            ("e30.e3/0.", TokenFault(.tokenMalformed, .base64Claims)),
            ("e30.e\n30.", TokenFault(.tokenMalformed, .base64Claims)),
            ("e30.e31.", TokenFault(.tokenMalformed, .base64Claims)),
            ("{\"payload\":\"e30\"}", TokenFault(.tokenMalformed, .tokenParts)),
        ] as [(String, TokenFault)]
    )
    func refusesOtherShapes(text: String, expected: TokenFault) {
        #expect(fault(text) == expected)
    }

    @Test
    func takesATokenApart() throws {
        let token = try CompactToken(utf8("e30.e30.AQI").span, sizeMax: 11)
        #expect(token.headerBytes == utf8("{}"))
        #expect(token.claimsBytes == utf8("{}"))
        #expect(token.signature == [1, 2])
        #expect(token.signingInput.copied() == utf8("e30.e30"))
        #expect(!token.hasEmptySignature)
    }

    @Test
    func boundsTheSizeExactly() {
        #expect(fault("e30.e30.AQI", sizeMax: 11) == nil)
        #expect(fault("e30.e30.AQI", sizeMax: 10) == TokenFault(.tokenTooLarge, .tokenSize))
        #expect(fault("", sizeMax: -1) == TokenFault(.tokenTooLarge, .tokenSize))
        let long = String(repeating: "a", count: 8193)
        #expect(fault(long) == TokenFault(.tokenTooLarge, .tokenSize))
    }

    @Test
    func anEmptySignatureHasAShape() throws {
        let token = try CompactToken(utf8("e30.e30.").span, sizeMax: 100)
        #expect(token.hasEmptySignature)
        #expect(token.signature == [])
        #expect(throws: Never.self) { try token.checkSignatureCoding() }
    }

    @Test(arguments: ["e30.e30.A", "e30.e30.AR", "e30.e30.AQ==", "e30.e30.AQI!", "e30.e30.A Q"])
    func theCodingOfTheSignatureIsACheckOfItsOwn(text: String) throws {
        let token = try CompactToken(utf8(text).span, sizeMax: 100)
        #expect(token.signature == nil)
        #expect(throws: TokenFault(.signatureMalformed, .base64Signature)) {
            try token.checkSignatureCoding()
        }
    }

    @Test
    func doesNotShowItself() throws {
        let text = "e30.e30.c2VjcmV0"
        let token = try CompactToken(utf8(text).span, sizeMax: 100)
        let fingerprint = TokenFingerprint.text(of: utf8(text).span).span.text()
        #expect("\(token)" == "(token \(fingerprint))")
        #expect(Mirror(reflecting: token).children.isEmpty)
        #expect(fingerprint.utf8.count == 16)
        #expect(fingerprint.utf8.allSatisfy { ASCII.hexValue($0) != nil })
        #expect(fingerprint != TokenFingerprint.text(of: utf8("e30.e30.").span).span.text())
    }
}
