import Bytes
import HTTP

/// Reads the bytes as requests and as responses, whole and in pieces.
///
/// Traps unless: the outcome does not depend on how the bytes are cut; a head that was accepted holds
/// no control and a valid host; and the head, written anew in strict form, is read as the same.
public func fuzzHead(_ bytes: Span<UInt8>) {
    let cuts = fuzzCuts(bytes)
    let whole = HTTPTranscript.ofRequests(bytes, cutAt: [], judge: judgeRequest)
    let inPieces = HTTPTranscript.ofRequests(bytes, cutAt: cuts) { _ in }
    precondition(whole == inPieces, "a request read otherwise when cut")
    let response = HTTPTranscript.ofResponses(bytes, cutAt: [])
    precondition(
        response == HTTPTranscript.ofResponses(bytes, cutAt: cuts),
        "a response read otherwise when cut"
    )
    if bytes.count <= 512 {
        let singly = HTTPTranscript.ofRequests(bytes, cutAt: Array(0..<bytes.count)) { _ in }
        precondition(whole == singly, "a request read otherwise byte by byte")
    }
}

private func judgeRequest(_ head: borrowing RequestHead) {
    var strict: [UInt8] = []
    strict.append(head.methodBytes)
    strict.append(" ")
    strict.append(head.target)
    strict.append(head.version == .http10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n")
    for index in 0..<head.fields.count {
        precondition(FieldSyntax.isToken(head.fields.name(at: index)), "a name that is no token")
        precondition(FieldSyntax.isValue(head.fields.value(at: index)), "a value with a control")
        strict.append(head.fields.name(at: index))
        strict.append(": ")
        strict.append(head.fields.value(at: index))
        strict.append("\r\n")
    }
    strict.append("\r\n")
    if head.version != .http10 || !head.host.isEmpty {
        precondition(HostName.isValid(head.host), "a host that is none")
    }
    // Room for what the strict form adds: a space after each colon.
    let limits = HeadLimits(size: 4096, fieldCount: 16, targetSize: 512)
    var machine = HTTP1ServerMachine(limits: limits)
    var again = RequestHead()
    let step = try? machine.advance(over: strict.span, head: &again)
    precondition(step == .head(consumed: strict.count), "the strict form is refused")
    precondition(again.fields.count == head.fields.count, "the strict form has other fields")
    for index in 0..<head.fields.count {
        precondition(
            again.fields.id(at: index) == head.fields.id(at: index)
                && again.fields.value(at: index).isEqual(to: head.fields.value(at: index)),
            "the strict form has another field"
        )
    }
    precondition(
        again.framing == head.framing && again.keepsAlive == head.keepsAlive
            && again.host.isEqual(to: head.host) && again.pathBytes.isEqual(to: head.pathBytes),
        "the strict form means something else"
    )
}
