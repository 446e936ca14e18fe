import Access
import Bytes
import HTTP

// The fields behind a body, and what no field may do to the requests that share its connection.

extension UpstreamHeadWriter {
    /// Writes the fields behind a request body that may stand there (RFC 9110 §6.5.1): none that
    /// frames, routes or proves who asks.
    static func writeTrailers(_ exchange: Exchange, into sink: inout some FieldSink & ~Copyable) {
        let protected = exchange.snapshot.access.protectedNames
        let fields = exchange.requestTrailers
        for index in 0..<fields.count {
            switch fields.id(at: index) {
            case .authorization, .connection, .contentEncoding, .contentLength, .contentType,
                .cookie, .expect, .forwarded, .host, .http2Settings, .keepAlive,
                .proxyAuthorization, .proxyConnection, .te, .traceparent, .trailer,
                .transferEncoding, .upgrade, .via, .xForwardedFor, .xForwardedHost,
                .xForwardedPort, .xForwardedProto, .xRealIP, .xRequestID:
                continue
            default:
                let name = fields.name(at: index)
                if protected.contains(name) { continue }
                if let route = exchange.route, isTokenHeader(name, route) { continue }
                sink.add(
                    name,
                    fields.value(at: index),
                    isNeverIndexed: isKeptFromTables(fields, index)
                )
            }
        }
    }

    /// Whether a field goes to a server beside the table of its connection (RFC 7541 §6.2.3): the
    /// peer wants it so, or its value never comes again, or a server may remember it as a fault.
    ///
    /// gRPC's own library keeps with the entry of a table that its value could not be parsed, and
    /// fails every later call that refers to it, were it only for the name: whoever sends one bad
    /// `grpc-timeout`, or a `-bin` field that is not Base64, would fail the calls of all who share
    /// the connection.
    static func isKeptFromTables(_ fields: FieldBlock, _ index: Int) -> Bool {
        if fields.isNeverIndexed(at: index) { return true }
        switch fields.id(at: index) {
        case .traceparent: return true
        case .other: return isGRPCMetadata(fields.name(at: index))
        default: return false
        }
    }

    private static func isGRPCMetadata(_ name: Span<UInt8>) -> Bool {
        guard name.count > 4 else { return false }
        return name.extracting(0..<5).isEqualIgnoringCase(to: "grpc-")
            || name.extracting((name.count - 4)...).isEqualIgnoringCase(to: "-bin")
    }
}
