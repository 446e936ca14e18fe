import Bytes
import HTTP
import Testing

/// RFC 6455 §5.5.1.
@Suite("WebSocket Close")
struct WebSocketCloseTests {
    private let close = WebSocketClose(code: 1008, reason: "over")

    @Test("A server's frame has no mask (RFC 6455 §5.1)")
    func server() {
        #expect(close.serverFrame() == [0x88, 6, 0x03, 0xF0] + bytes("over"))
    }

    @Test("A client's frame is masked (RFC 6455 §5.3)")
    func client() {
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        let payload = [0x03, 0xF0] + bytes("over")
        let masked = payload.enumerated().map { $1 ^ key[$0 % 4] }
        #expect(close.clientFrame(maskingKey: 0x37FA_213D) == [0x88, 0x86] + key + masked)
    }

    @Test("Both are followed as what they are")
    func followed() {
        for frame in [close.serverFrame(), close.clientFrame(maskingKey: 0x0102_0304)] {
            var follower = WebSocketFollower()
            follower.follow(frame.span.extracting(0..<(frame.count - 1)))
            #expect(!follower.isClosed && !follower.isAtBoundary)
            follower.follow(frame.span.extracting((frame.count - 1)...))
            #expect(follower.isClosed)
        }
    }

    @Test("A reason of 123 bytes is the longest")
    func longest() {
        let reason: StaticString = """
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
            bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
            """
        let frame = WebSocketClose(code: 1000, reason: reason).serverFrame()
        #expect(reason.utf8CodeUnitCount == 123 && frame.count == 127 && frame[1] == 125)
    }
}
