import Access
import Bytes
import HTTP

/// The fields of a response that the gateway writes itself.
enum AnswerFields {
    static func write(_ exchange: Exchange, into sink: inout some FieldSink & ~Copyable) {
        guard let answer = exchange.answer else { return }
        exchange.worker.withDate { sink.add("date", $0) }
        if exchange.isGRPC, let status = answer.grpcStatus {
            return writeCallStatus(answer, status, into: &sink)
        }
        switch answer {
        case .control(let response):
            ControlFields.write(response.fields, into: &sink)
        case .preflight:
            writePreflight(exchange.head.fields, into: &sink)
        case .redirectToHTTPS:
            sink.add("location", redirectTarget(exchange).span)
        case .text:
            sink.add("content-type", "text/plain; charset=utf-8")
        case .refusal(let refusal):
            sink.add("content-type", "application/problem+json")
            sink.add("cache-control", "no-store")
            writeChallenge(refusal, exchange, into: &sink)
        case .upstreamFailure(let failure):
            sink.add("content-type", "application/problem+json")
            sink.add("cache-control", "no-store")
            if failure.status == 503 {
                sink.add("retry-after", "5")
            }
        }
    }

    /// A response of fields alone, which is what a gRPC client expects of a call that never began.
    private static func writeCallStatus(
        _ answer: Answer,
        _ status: GRPCStatus,
        into sink: inout some FieldSink & ~Copyable
    ) {
        sink.add("content-type", "application/grpc")
        switch answer {
        case .refusal(let refusal):
            let reason = refusal.reason
            GRPCCall.writeStatus(status, reason.word, reason.title, into: &sink)
        case .upstreamFailure(let failure):
            GRPCCall.writeStatus(status, failure.word, failure.title, into: &sink)
        case .control, .preflight, .redirectToHTTPS, .text: break
        }
    }

    private static func writePreflight(
        _ fields: FieldBlock,
        into sink: inout some FieldSink & ~Copyable
    ) {
        if let field = fields.first(.accessControlRequestMethod) {
            sink.add("access-control-allow-methods", fields.value(at: field))
        }
        if let field = fields.first(.accessControlRequestHeaders) {
            sink.add("access-control-allow-headers", fields.value(at: field))
        }
        sink.add("access-control-max-age", "600")
    }

    private static func redirectTarget(_ exchange: Exchange) -> [UInt8] {
        let head = exchange.head
        var place: [UInt8] = Array("https://".utf8)
        place += exchange.host
        place.append(head.pathBytes)
        if head.hasQuery {
            place.append(UInt8(ascii: "?"))
            place.append(head.queryBytes)
        }
        return place
    }

    /// The challenge of RFC 6750 §3, the closed list of methods, the time to come back.
    private static func writeChallenge(
        _ refusal: Refusal,
        _ exchange: Exchange,
        into sink: inout some FieldSink & ~Copyable
    ) {
        switch refusal.status {
        case 400, 401, 403:
            if refusal.status == 401 || refusal.reason.challengeError != nil {
                sink.add("www-authenticate", challenge(refusal, exchange).span)
            }
        case 405:
            let allow = exchange.route?.allow ?? []
            sink.add("allow", allow.span)
        case 429: sink.add("retry-after", "1")
        // A full desk is empty again as soon as a few are answered.
        case 503: sink.add("retry-after", refusal.detail == Exchange.busyDetail ? "1" : "5")
        default: break
        }
    }

    private static func challenge(_ refusal: Refusal, _ exchange: Exchange) -> [UInt8] {
        var text: [UInt8] = Array("Bearer realm=\"".utf8)
        text += exchange.host.isEmpty ? Array("gatehouse".utf8) : exchange.host
        text.append("\"")
        if let error = refusal.reason.challengeError {
            text.append(", error=\"")
            text.append(error)
            text.append("\", error_description=\"")
            text.append(refusal.reason.title)
            text.append("\"")
        }
        if refusal.reason == .scopeInsufficient, let rule = exchange.rule {
            text.append(", scope=\"")
            text += rule.scopeText
            text.append("\"")
        }
        return text
    }
}
