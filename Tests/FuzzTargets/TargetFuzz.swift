import Bytes
import HTTP

/// Reads the bytes as a request target, as a path and as a host.
///
/// Traps unless: the canonical path of a canonical path is itself and hides nothing; merging slashes
/// changes no path that is accepted without; the path of an accepted target can be judged; and the
/// normal form of a valid host is its own.
public func fuzzTarget(_ bytes: Span<UInt8>) {
    judgePath(bytes, mergesSlashes: false)
    judgePath(bytes, mergesSlashes: true)
    judgeHost(bytes)
    var request: [UInt8] = []
    request.append("GET ")
    request.append(bytes)
    request.append(" HTTP/1.1\r\nHost: a\r\n\r\n")
    let cuts = fuzzCuts(bytes)
    let whole = HTTPTranscript.ofRequests(request.span, cutAt: []) { head in
        judgePath(head.pathBytes, mergesSlashes: false)
        judgeHost(head.host)
    }
    precondition(
        whole == HTTPTranscript.ofRequests(request.span, cutAt: cuts) { _ in },
        "a target read otherwise when cut"
    )
}

private func judgePath(_ raw: Span<UInt8>, mergesSlashes: Bool) {
    var path = CanonicalPath()
    let options = PathOptions(mergesSlashes: mergesSlashes)
    guard (try? path.assign(raw, options: options)) != nil else {
        precondition(path.sent.isEmpty && path.matched.isEmpty, "a refused path left something")
        return
    }
    precondition(path.matched.count <= path.sent.count, "more is matched than sent")
    var again = CanonicalPath()
    precondition(
        (try? again.assign(path.sent, options: PathOptions(mergesSlashes: false))) != nil,
        "a canonical path is refused"
    )
    precondition(again.sent.isEqual(to: path.sent), "a canonical path has another")
    precondition(again.matched.isEqual(to: path.matched), "a canonical path matches otherwise")
    // One that a dot segment took away is still told: what was meant by it is not known.
    precondition(!again.hasEncodedSlash || path.hasEncodedSlash, "an encoded slash was not told")
    judgeSegments(path.sent)
    judgeSegments(path.matched)
    if !path.hasEmptySegments {
        precondition(
            (try? again.assign(raw, options: PathOptions(mergesSlashes: !mergesSlashes))) != nil
                && again.sent.isEqual(to: path.sent),
            "merging changed a path without empty segments"
        )
    }
}

/// No empty segment but the last, no dot segment, no byte that must not stand plainly.
private func judgeSegments(_ path: Span<UInt8>) {
    guard !path.isEqual(to: "*") else { return }
    precondition(path.count > 0 && path[0] == UInt8(ascii: "/"), "no slash at the beginning")
    var start = 1
    while start <= path.count {
        let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
        let segment = path.extracting(start..<end)
        precondition(!segment.isEmpty || end == path.count, "an empty segment")
        precondition(!segment.isEqual(to: ".") && !segment.isEqual(to: ".."), "a dot segment")
        for index in 0..<segment.count {
            let byte = segment[index]
            precondition(byte > 0x20 && byte < 0x7F, "a control, a blank or a byte beyond ASCII")
            precondition(byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "?"), "a separator")
        }
        start = end + 1
    }
}

private func judgeHost(_ authority: Span<UInt8>) {
    var form: [UInt8] = []
    HostName.appendNormalized(authority, to: &form)
    guard HostName.isValid(authority) else { return }
    precondition(HostName.isValid(form.span), "the normal form of a host is none")
    precondition(HostName.port(of: form.span) == nil, "the normal form of a host has a port")
    var again: [UInt8] = []
    HostName.appendNormalized(form.span, to: &again)
    precondition(again == form, "the normal form of a host has another")
}
