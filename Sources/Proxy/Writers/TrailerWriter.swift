import Bytes
import HTTP

/// The fields behind the body of a response, into whatever the wire writes.
enum TrailerWriter {
    /// Writes every field that may stand behind a body (RFC 9110 §6.5.1): none that frames, routes or
    /// is for one connection only.
    static func write(_ trailers: FieldBlock, into sink: inout some FieldSink & ~Copyable) {
        for index in 0..<trailers.count where mayTrail(trailers.id(at: index)) {
            sink.add(trailers.name(at: index), trailers.value(at: index))
        }
    }

    private static func mayTrail(_ name: FieldName) -> Bool {
        switch name {
        case .connection, .contentLength, .host, .http2Settings, .keepAlive, .proxyConnection,
            .setCookie, .strictTransportSecurity, .te, .trailer, .transferEncoding, .upgrade,
            .xRequestID:
            false
        default: true
        }
    }
}
