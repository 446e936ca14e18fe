import Bytes
import HTTP

/// Reads the bytes as a chunked body, whole and in pieces.
///
/// Traps unless: the outcome does not depend on how the bytes are cut; payload is never more than
/// what was sent; and the payload, written in chunks of our own, is read as the same.
public func fuzzChunk(_ bytes: Span<UInt8>) {
    var request: [UInt8] = []
    request.append("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    let headSize = request.count
    request.append(bytes)
    let whole = HTTPTranscript.ofRequests(request.span, cutAt: []) { _ in }
    let cuts = fuzzCuts(bytes).map { headSize + $0 }
    precondition(
        whole == HTTPTranscript.ofRequests(request.span, cutAt: cuts) { _ in },
        "a body read otherwise when cut"
    )
    precondition(whole.payload.count <= bytes.count, "more payload than bytes")
    precondition(whole.headCount >= 1, "no head")
    guard !whole.isRefused, whole.headCount == 1, !whole.payload.isEmpty else { return }
    var written = ByteBuffer(capacity: 256)
    written.append(request.span.extracting(0..<headSize))
    let half = whole.payload.count / 2
    for part in [0..<half, half..<whole.payload.count] where !part.isEmpty {
        ChunkWriter.begin(count: part.count, into: &written)
        written.append(whole.payload.span.extracting(part))
        ChunkWriter.end(into: &written)
    }
    ChunkWriter.last(into: &written)
    let again = HTTPTranscript.ofRequests(written.bytes, cutAt: []) { _ in }
    precondition(!again.isRefused, "our own chunks are refused")
    precondition(again.payload == whole.payload, "our own chunks hold something else")
}
