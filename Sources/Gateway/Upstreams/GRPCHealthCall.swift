import Outbound

/// A call of `grpc.health.v1.Health/Check`, without a gRPC library: one message of one field each way.
///
/// The wire is that of "gRPC over HTTP/2": a message after five bytes of prefix, and the status of the
/// call in `grpc-status`, which stands in the trailers or, where there is no message, in the head.
enum GRPCHealthCall {
    /// The method of the service.
    static let path = "/grpc.health.v1.Health/Check"
    /// An answer is seven bytes, and a few more where a server adds fields of its own.
    static let responseSizeMax = 4_096

    /// What makes the request a gRPC call.
    static func fields(timeout: Duration) -> [OutboundHeader] {
        // At most eight digits; a check takes a minute at most.
        let milliseconds = max(1, min(99_999_999, timeout / .milliseconds(1)))
        return [
            OutboundHeader(name: "content-type", value: "application/grpc+proto"),
            OutboundHeader(name: "te", value: "trailers"),
            OutboundHeader(name: "grpc-timeout", value: "\(Int(milliseconds))m"),
        ]
    }

    /// A `HealthCheckRequest` with its prefix: `string service = 1`, left out where it is empty.
    static func message(askingFor service: String) -> [UInt8] {
        var message: [UInt8] = []
        if !service.isEmpty {
            message.append(WireType.lengthDelimited.tag(ofField: 1))
            append(service.utf8.count, to: &message)
            message.append(contentsOf: service.utf8)
        }
        let count = UInt32(message.count)
        return [0] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + message
    }

    /// What the answer says: `SERVING`, and nothing else, is healthy.
    static func verdict(on response: OutboundResponse) -> HealthVerdict {
        guard response.status == 200 else {
            return .unhealthy(detail: "status \(response.status) in place of a gRPC answer")
        }
        let type = response.firstValue(of: "content-type") ?? ""
        guard type.lowercased().hasPrefix("application/grpc") else {
            return .unhealthy(detail: "the answer is not gRPC")
        }
        let status =
            response.trailers.first { $0.name == "grpc-status" }?.value
            ?? response.firstValue(of: "grpc-status")
        guard let status else { return .unhealthy(detail: "the answer has no grpc-status") }
        guard status == "0" else { return .unhealthy(detail: detail(ofStatus: status)) }
        guard let message = message(of: response.body), let state = servingStatus(in: message)
        else {
            return .unhealthy(detail: "the answer is not a HealthCheckResponse")
        }
        guard state != serving else { return .healthy }
        return .unhealthy(detail: stateNames[state].map { "it says \($0)" } ?? "it says \(state)")
    }

    private static func detail(ofStatus text: String) -> String {
        guard text.utf8.count <= 2, let code = Int(text), statusNames.indices.contains(code) else {
            return "an unknown grpc-status"
        }
        let name = "grpc-status \(code) \(statusNames[code])"
        switch code {
        case notFound: return name + ": it knows no such service"
        case unimplemented: return name + ": it has no grpc.health.v1"
        default: return name
        }
    }

    /// The one message of a body, without its prefix; `nil` where it is compressed, or not one.
    private static func message(of body: [UInt8]) -> ArraySlice<UInt8>? {
        guard body.count >= 5, body[0] == 0 else { return nil }
        let count = body[1..<5].reduce(0) { $0 << 8 | Int($1) }
        return body.count - 5 == count ? body[5...] : nil
    }

    /// `ServingStatus status = 1`, zero where it is absent; `nil` where the message is malformed.
    ///
    /// Fields of other numbers are passed over, and the last of several counts, as protocol buffers
    /// have it.
    private static func servingStatus(in message: ArraySlice<UInt8>) -> UInt64? {
        var rest = message
        var status: UInt64 = 0
        while !rest.isEmpty {
            guard let tag = takeNumber(from: &rest), tag >> 3 != 0 else { return nil }
            switch WireType(rawValue: UInt8(tag & 7)) {
            case .number:
                guard let number = takeNumber(from: &rest) else { return nil }
                if tag >> 3 == 1 { status = number }
            case .eightBytes:
                guard rest.count >= 8 else { return nil }
                rest.removeFirst(8)
            case .lengthDelimited:
                guard let count = takeNumber(from: &rest), count <= rest.count else { return nil }
                rest.removeFirst(Int(count))
            case .fourBytes:
                guard rest.count >= 4 else { return nil }
                rest.removeFirst(4)
            case nil:
                return nil
            }
        }
        return status
    }

    /// A number in base 128, its lowest seven bits first; `nil` beyond 64 bits.
    private static func takeNumber(from rest: inout ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst(), shift < 63 || byte <= 1 else { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        var rest = number
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// How a field of a message is written.
    private enum WireType: UInt8 {
        case number = 0
        case eightBytes = 1
        case lengthDelimited = 2
        case fourBytes = 5

        func tag(ofField number: UInt8) -> UInt8 { number << 3 | rawValue }
    }

    private static let serving: UInt64 = 1
    private static let stateNames: [UInt64: String] = [
        0: "UNKNOWN", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN",
    ]
    private static let notFound = 5
    private static let unimplemented = 12
    private static let statusNames = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
        "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ]
}
