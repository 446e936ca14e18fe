import Access
import Bytes
import EventLoop
import HTTP

/// What the gateway knows of gRPC: how a call is told from other requests, when it is to end, and
/// what its client is told where an HTTP status would be lost on it.
///
/// See the gRPC project's "gRPC over HTTP2" and "HTTP to gRPC Status Code Mapping".
enum GRPCCall {
    /// Whether a request is a call: `POST` of `application/grpc`, or of that with a suffix.
    ///
    /// `application/grpc-web` is not: its clients read the HTTP status.
    static func isCall(_ head: RequestHead) -> Bool {
        guard head.method == .post, let field = head.fields.first(.contentType) else {
            return false
        }
        return isContentType(head.fields.value(at: field))
    }

    private static func isContentType(_ value: Span<UInt8>) -> Bool {
        guard value.count >= 16,
            value.extracting(0..<16).isEqualIgnoringCase(to: "application/grpc")
        else { return false }
        return value.count == 16 || value[16] == UInt8(ascii: "+") || value[16] == UInt8(ascii: ";")
    }

    /// The time that the client gives the call, or `nil` where it gives none.
    ///
    /// - Throws: ``Refusal`` where `grpc-timeout` is not said once, in one to eight digits and a unit:
    ///   servers are known to fail more than the one call for it.
    static func timeout(of fields: FieldBlock) throws(Refusal) -> Timeout? {
        let name = "grpc-timeout"
        guard let field = fields.first(named: name.utf8.span) else { return nil }
        let value = fields.value(at: field)
        guard value.count >= 2, value.count <= 9,
            let count = value.extracting(0..<(value.count - 1)).decimalValue(),
            let unit = nanoseconds(ofUnit: value[value.count - 1]),
            fields.next(named: name.utf8.span, after: field) == nil
        else { throw Refusal(.requestMalformed, detail: "grpc.timeout") }
        // Eight digits of hours are more than 64 bits of nanoseconds can say.
        let (length, isTooLong) = count.multipliedReportingOverflow(by: unit)
        return Timeout(nanoseconds: isTooLong ? .max : Int64(clamping: length))
    }

    private static func nanoseconds(ofUnit unit: UInt8) -> UInt64? {
        switch unit {
        case UInt8(ascii: "H"): 3_600_000_000_000
        case UInt8(ascii: "M"): 60_000_000_000
        case UInt8(ascii: "S"): 1_000_000_000
        case UInt8(ascii: "m"): 1_000_000
        case UInt8(ascii: "u"): 1_000
        case UInt8(ascii: "n"): 1
        default: nil
        }
    }

    /// The `grpc-status` for what HTTP would answer with that status.
    static func status(forHTTP status: Int) -> GRPCStatus {
        switch status {
        case 400: .internalError
        case 401: .unauthenticated
        case 403: .permissionDenied
        case 404, 405, 501: .unimplemented
        case 408: .deadlineExceeded
        case 413, 414, 431: .resourceExhausted
        case 429, 502, 503, 504: .unavailable
        default: .unknown
        }
    }

    /// Writes `grpc-status` and `grpc-message`: the reason's word, and its sentence for people.
    static func writeStatus(
        _ status: GRPCStatus,
        _ word: StaticString,
        _ title: StaticString,
        into sink: inout some FieldSink & ~Copyable
    ) {
        sink.add("grpc-status", status.text)
        var message: [UInt8] = []
        message.reserveCapacity(96)
        message.append(word)
        message.append(": ")
        // Our sentences are printable ASCII without a percent sign: nothing to be coded.
        message.append(title)
        sink.add("grpc-message", message.span)
    }
}

/// The statuses of gRPC that the gateway itself gives.
enum GRPCStatus: Int {
    case unknown = 2
    case deadlineExceeded = 4
    case permissionDenied = 7
    case resourceExhausted = 8
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case unauthenticated = 16

    /// Its number, as it is written.
    var text: StaticString {
        switch self {
        case .unknown: "2"
        case .deadlineExceeded: "4"
        case .permissionDenied: "7"
        case .resourceExhausted: "8"
        case .unimplemented: "12"
        case .internalError: "13"
        case .unavailable: "14"
        case .unauthenticated: "16"
        }
    }
}

extension Exchange {
    /// The client's own time for its call has passed.
    ///
    /// It has given up by its own clock; the upstream is told to stop, and the answer is for clients
    /// whose clock is slow, and for the log.
    func callDeadlinePassed() {
        guard !machine.isEnded, !machine.isAnswering else { return }
        failure = .deadlineExceeded
        if machine.isForwarding, machine.isResponseBegun {
            endCall(.deadlineExceeded, UpstreamFailure.deadlineExceeded.word)
        } else {
            releaseUpstream(reusable: false)
            choose(.upstreamFailure(.deadlineExceeded))
        }
        downstream?.advance()
    }

    /// Ends a call whose response has begun, by trailers of ours in place of the upstream's.
    func endCall(_ status: GRPCStatus, _ word: StaticString) {
        releaseUpstream(reusable: false)
        isResponsePaused = false
        let number = "\(status.text)"
        let message = "\(word)"
        var trailers = FieldBlock()
        trailers.append(name: "grpc-status".utf8.span, value: number.utf8.span)
        trailers.append(name: "grpc-message".utf8.span, value: message.utf8.span)
        responseTrailers = trailers
        downstream?.endBody()
        perform(machine.responseEnded())
    }

    /// The `grpc-status` that the client of a call got, as far as it is known.
    var grpcStatus: Int? {
        guard isGRPC else { return nil }
        if let answer {
            return answer.grpcStatus.map(\.rawValue)
        }
        guard firstByteAt != nil else { return nil }
        for fields in [responseTrailers, responseHead.fields] {
            if let field = fields.first(named: "grpc-status".utf8.span),
                let number = fields.value(at: field).decimalValue()
            {
                return Int(clamping: number)
            }
        }
        return nil
    }
}

extension Answer {
    /// What the client of a gRPC call is told; `nil` for an answer that is no refusal and no fault.
    var grpcStatus: GRPCStatus? {
        switch self {
        case .refusal(let refusal): GRPCCall.status(forHTTP: refusal.status)
        case .upstreamFailure(.deadlineExceeded): .deadlineExceeded
        case .upstreamFailure(let failure): GRPCCall.status(forHTTP: failure.status)
        case .control, .preflight, .redirectToHTTPS, .text: nil
        }
    }
}
