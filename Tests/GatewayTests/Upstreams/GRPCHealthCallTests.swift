import Outbound
import Testing

@testable import Configuration
@testable import Gateway

struct GRPCHealthCallTests {
    @Test
    func theMessageIsOneFieldAfterItsPrefix() {
        #expect(GRPCHealthCall.message(askingFor: "") == [0, 0, 0, 0, 0])
        #expect(GRPCHealthCall.message(askingFor: "a.B") == [0, 0, 0, 0, 5, 0x0A, 3, 97, 46, 66])
        let long = String(repeating: "s", count: 256)
        let message = GRPCHealthCall.message(askingFor: long)
        #expect(message.prefix(8) == [0, 0, 0, 1, 3, 0x0A, 0x80, 2])
        #expect(message.count == 8 + 256)
        // A name of two bytes a letter is counted in bytes.
        #expect(GRPCHealthCall.message(askingFor: "ü").prefix(7) == [0, 0, 0, 0, 4, 0x0A, 2])
    }

    @Test(arguments: [
        (Duration.seconds(2), "2000m"), (.milliseconds(10), "10m"), (.microseconds(1), "1m"),
        (.seconds(3_600), "3600000m"), (.seconds(1_000_000), "99999999m"),
    ])
    func theDeadlineGoesWithIt(timeout: Duration, expected: String) {
        let fields = GRPCHealthCall.fields(timeout: timeout)
        #expect(fields.first { $0.name == "grpc-timeout" }?.value == expected)
        #expect(fields.contains(OutboundHeader(name: "te", value: "trailers")))
        #expect(fields.contains { $0.value == "application/grpc+proto" })
    }

    private func verdict(
        _ message: [UInt8],
        headers: [(String, String)] = [("content-type", "application/grpc")],
        trailers: [(String, String)] = [("grpc-status", "0")],
        status: Int = 200
    ) -> HealthVerdict {
        let make = { (field: (String, String)) in OutboundHeader(name: field.0, value: field.1) }
        return HealthProbe.grpc(service: "").verdict(
            on: OutboundResponse(
                status: status,
                headers: headers.map(make),
                body: message,
                trailers: trailers.map(make)
            )
        )
    }

    private func framed(_ message: [UInt8]) -> [UInt8] {
        [0, 0, 0, 0, UInt8(message.count)] + message
    }

    /// Messages that say SERVING: alone, after and before fields of the future, and as the last of two.
    @Test(
        arguments: [
            [8, 1], [0x10, 5, 8, 1], [8, 1, 0x1A, 2, 9, 9], [8, 2, 8, 1], [8, 0x81, 0],
            [0x11, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1], [0x15, 1, 2, 3, 4, 8, 1], [0x0A, 0, 8, 1],
        ] as [[UInt8]]
    )
    func servingIsHealthy(message: [UInt8]) {
        #expect(verdict(framed(message)) == .healthy)
    }

    @Test(
        arguments: [
            ([], "UNKNOWN"), ([8, 0], "UNKNOWN"), ([8, 2], "NOT_SERVING"),
            ([8, 3], "SERVICE_UNKNOWN"),
            ([8, 4], "says 4"), ([8, 1, 8, 2], "NOT_SERVING"),
            ([8, 0x81, 0x80, 0x80, 0x80, 0x10], "says 4294967297"),
            (
                [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
                "says 18446744073709551615"
            ),
        ] as [([UInt8], String)]
    )
    func everyOtherStateIsNot(message: [UInt8], expected: String) {
        guard case .unhealthy(let detail) = verdict(framed(message)) else {
            Issue.record("healthy")
            return
        }
        #expect(detail.hasSuffix(expected))
    }

    @Test(
        arguments: [
            [8], [8, 0x80], [0], [0, 1], [1], [0x0A], [0x0A, 5, 1], [0x0B], [0x0C], [0x0E, 1],
            [0x0F],
            [0x15, 1, 2, 3], [0x11, 1, 2, 3, 4, 5, 6, 7],
            [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2],
            [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
        ] as [[UInt8]]
    )
    func aMalformedMessageIsNoAnswer(message: [UInt8]) {
        let expected = HealthVerdict.unhealthy(detail: "the answer is not a HealthCheckResponse")
        #expect(verdict(framed(message)) == expected)
    }

    /// Too short, compressed, cut, followed by more, and two messages.
    @Test(
        arguments: [
            [], [0, 0, 0, 0], [1, 0, 0, 0, 2, 8, 1], [0, 0, 0, 0, 3, 8, 1], [0, 0, 0, 0, 1, 8, 1],
            [0, 0xFF, 0xFF, 0xFF, 0xFF, 8, 1], [0, 0, 0, 0, 2, 8, 1, 0, 0, 0, 0, 2, 8, 1],
        ] as [[UInt8]]
    )
    func aBrokenFrameIsNoAnswer(body: [UInt8]) {
        let expected = HealthVerdict.unhealthy(detail: "the answer is not a HealthCheckResponse")
        #expect(verdict(body) == expected)
    }

    @Test
    func theStatusOfTheCallCounts() {
        let serving = framed([8, 1])
        #expect(verdict(serving, status: 503) != .healthy)
        #expect(verdict(serving, headers: []) != .healthy)
        #expect(verdict(serving, headers: [("content-type", "text/html")]) != .healthy)
        #expect(verdict(serving, trailers: []) != .healthy)
        #expect(verdict(serving, trailers: [("grpc-status", "00")]) != .healthy)
        #expect(verdict(serving, headers: [("content-type", "Application/GRPC+proto")]) == .healthy)
        #expect(verdict(serving, trailers: [("x", "1"), ("grpc-status", "0")]) == .healthy)
        // What trailers say wins over the head.
        let head = [("content-type", "application/grpc"), ("grpc-status", "0")]
        #expect(verdict(serving, headers: head, trailers: [("grpc-status", "2")]) != .healthy)
        let table = [
            ("5", "grpc-status 5 NOT_FOUND: it knows no such service"),
            ("12", "grpc-status 12 UNIMPLEMENTED: it has no grpc.health.v1"),
            ("14", "grpc-status 14 UNAVAILABLE"), ("16", "grpc-status 16 UNAUTHENTICATED"),
            ("17", "an unknown grpc-status"), ("-1", "an unknown grpc-status"),
            ("", "an unknown grpc-status"), ("999999999999999999999", "an unknown grpc-status"),
        ]
        for (code, detail) in table {
            let fields = [("content-type", "application/grpc"), ("grpc-status", code)]
            #expect(verdict([], headers: fields, trailers: []) == .unhealthy(detail: detail))
        }
    }
}
