import Access
import Bytes
import EventLoop
import HTTP
import Testing

@testable import Proxy

/// How calls are told from other requests, their time, and what statuses become.
@Suite
struct GRPCCallTests {
    @Test(arguments: [
        ("application/grpc", true), ("Application/GRPC", true), ("application/grpc+proto", true),
        ("application/grpc;charset=x", true), ("application/grpc-web", false),
        ("application/grpc-web+proto", false), ("application/grpcx", false),
        ("application/json", false), ("", false),
    ])
    func contentTypeTells(_ type: String, _ isCall: Bool) throws {
        #expect(GRPCCall.isCall(try head("POST", ["content-type": type])) == isCall)
        #expect(!GRPCCall.isCall(try head("GET", ["content-type": type])))
    }

    @Test(
        arguments: [
            ("1S", 1_000_000_000), ("250m", 250_000_000), ("7u", 7_000), ("99999999n", 99_999_999),
            ("2M", 120_000_000_000), ("1H", 3_600_000_000_000), ("0S", 0),
            ("99999999H", 359_999_996_400_000_000_000),
        ] as [(String, Int128)]
    )
    func timeoutsAreRead(_ text: String, _ nanoseconds: Int128) throws {
        let fields = try head("POST", ["grpc-timeout": text]).fields
        let timeout = try GRPCCall.timeout(of: fields)
        #expect(timeout == Timeout(nanoseconds: Int64(clamping: nanoseconds)))
    }

    @Test(arguments: ["", "S", "1", "123456789S", "-1S", "1.5S", "1s", " 1S 2", "1 S"])
    func oddTimeoutsAreRefused(_ text: String) throws {
        let fields = try head("POST", ["grpc-timeout": text]).fields
        #expect(throws: Refusal(.requestMalformed, detail: "grpc.timeout")) {
            try GRPCCall.timeout(of: fields)
        }
    }

    @Test
    func statusesOfRefusals() {
        #expect(Answer.refusal(.init(.tokenMissing)).grpcStatus == .unauthenticated)
        #expect(Answer.refusal(.init(.scopeInsufficient)).grpcStatus == .permissionDenied)
        #expect(Answer.refusal(.init(.keysUnavailable)).grpcStatus == .unavailable)
        #expect(Answer.refusal(.init(.routeNotFound)).grpcStatus == .unimplemented)
        #expect(Answer.refusal(.init(.bodyTooLarge)).grpcStatus == .resourceExhausted)
        #expect(Answer.upstreamFailure(.connectFailed).grpcStatus == .unavailable)
        #expect(Answer.upstreamFailure(.deadlineExceeded).grpcStatus == .deadlineExceeded)
        #expect(Answer.text(status: 200, body: "").grpcStatus == nil)
    }

    private func head(_ method: String, _ fields: [String: String]) throws -> RequestHead {
        var machine = HTTP1ServerMachine(
            limits: HeadLimits(size: 4096, fieldCount: 10, targetSize: 100)
        )
        var head = RequestHead()
        var text = "\(method) /a HTTP/1.1\r\nhost: a\r\n"
        for (name, value) in fields {
            text += "\(name): \(value)\r\n"
        }
        let bytes = Array((text + "\r\n").utf8)
        _ = try machine.advance(over: bytes.span, head: &head)
        return head
    }
}
