import HTTP
import Testing

/// The opening handshake, as far as a gateway makes it up.
@Suite
struct WebSocketHandshakeTests {
    @Test("RFC 6455 §1.3")
    func acceptsTheKeyOfTheSpecification() {
        let key = Array("dGhlIHNhbXBsZSBub25jZQ==".utf8)
        var text: [UInt8] = []
        WebSocketHandshake.appendAccept(of: key.span, to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(
        "Keys of every length around a block, by Python's hashlib",
        arguments: [
            (0, "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="), (19, "aY4PwGcVNJA8APkO5DyVUWJM+GI="),
            (20, "/3M+5HFywElctYU7s1JYO+XV104="), (27, "2BZIPevWfZOFaLG1FsacOwB6ubU="),
            (28, "z3ycwt5uBPzmknp00S5pVy2s9vQ="), (100, "WXqNWiGhe0+utGv47+HlLjR7KVw="),
        ]
    )
    func padsEveryLength(count: Int, accept: String) {
        let key = [UInt8](repeating: 0x41, count: count)
        var text: [UInt8] = []
        WebSocketHandshake.appendAccept(of: key.span, to: &text)
        #expect(String(decoding: text, as: UTF8.self) == accept)
    }

    @Test("A key is the base64 of sixteen bytes")
    func makesKeys() {
        var text: [UInt8] = []
        WebSocketHandshake.appendKey((0, 0), to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "AAAAAAAAAAAAAAAAAAAAAA==")
        text = []
        WebSocketHandshake.appendKey((.max, .max), to: &text)
        #expect(String(decoding: text, as: UTF8.self) == "/////////////////////w==")
    }
}
