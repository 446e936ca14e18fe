import Access
import Bytes

/// The body of a response that the gateway writes itself: a problem document (RFC 9457) for what
/// went wrong.
enum AnswerBody {
    static func make(_ answer: Answer, _ exchange: Exchange) -> [UInt8] {
        switch answer {
        case .control(let response):
            response.status == 204 || response.status == 304 ? [] : response.body
        case .preflight, .redirectToHTTPS:
            []
        case .refusal(let refusal):
            problem(refusal.reason.word, refusal.reason.title, refusal.status, exchange)
        case .text(_, let body):
            Array(body.utf8)
        case .upstreamFailure(let failure):
            problem(failure.word, failure.title, failure.status, exchange)
        }
    }

    /// The words are ours and the request id is plain ASCII without quotes, so nothing needs to be
    /// escaped.
    private static func problem(
        _ word: StaticString,
        _ title: StaticString,
        _ status: Int,
        _ exchange: Exchange
    ) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(256)
        text.append("{\"type\":\"urn:gatehouse:problem:")
        text.append(word)
        text.append("\",\"title\":\"")
        text.append(title)
        text.append("\",\"status\":")
        text.append(contentsOf: String(status).utf8)
        text.append(",\"reason\":\"")
        text.append(word)
        text.append("\",\"request_id\":\"")
        text += exchange.requestID
        text.append("\"}\n")
        return text
    }
}
