import Access
import Bytes
import Configuration
import HTTP

/// The fields of a response, from an upstream or of our own, into whatever the wire writes.
enum ResponseHeadWriter {
    /// Writes every field but those of framing and connection, which are the wire's own.
    static func write(_ exchange: Exchange, into sink: inout some FieldSink & ~Copyable) {
        if exchange.answer == nil {
            writeUpstreamFields(exchange, exchange.responseHead.fields, into: &sink)
        } else {
            AnswerFields.write(exchange, into: &sink)
        }
        writeEdits(exchange, into: &sink)
        writeCORS(exchange, into: &sink)
        writeTransportSecurity(exchange, into: &sink)
        let id = exchange.requestID
        sink.add("x-request-id", unique: id.span)
    }

    /// Writes the fields of an interim response: what the upstream says that may be said, and nothing
    /// of our own.
    static func writeInformation(
        _ exchange: Exchange,
        into sink: inout some FieldSink & ~Copyable
    ) {
        _ = relayFields(exchange, exchange.responseHead.fields, into: &sink)
    }

    private static func writeUpstreamFields(
        _ exchange: Exchange,
        _ fields: FieldBlock,
        into sink: inout some FieldSink & ~Copyable
    ) {
        if !relayFields(exchange, fields, into: &sink) {
            exchange.worker.withDate { sink.add("date", $0) }
        }
    }

    /// Writes those of an upstream's fields that go on.
    ///
    /// - Returns: Whether the date is among them.
    private static func relayFields(
        _ exchange: Exchange,
        _ fields: FieldBlock,
        into sink: inout some FieldSink & ~Copyable
    ) -> Bool {
        var hasDate = false
        let areNamed = fields.namesFieldsByConnection
        let route = exchange.route
        for index in 0..<fields.count {
            switch fields.id(at: index) {
            case .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding,
                .contentLength, .xRequestID, .http2Settings:
                continue
            case .upgrade:
                // `Connection` names it, and the wire writes that again.
                if exchange.machine.isTunnelling, !exchange.head.isExtendedConnect {
                    sink.add("upgrade", fields.value(at: index))
                }
                continue
            case .strictTransportSecurity where !exchange.strictTransportSecurity.isEmpty:
                continue
            case .location, .contentLocation:
                let place = LocationRewriter.rewritten(fields.value(at: index), exchange)
                if let place {
                    sink.add(fields.name(at: index), place.span)
                } else {
                    sink.add(fields.name(at: index), fields.value(at: index))
                }
                continue
            case .date:
                hasDate = true
            default:
                break
            }
            let name = fields.name(at: index)
            if areNamed && fields.isNamedByConnection(index) || isEdited(name, route)
                || isCORS(name, route) || isAcceptedKey(name, exchange)
            {
                continue
            }
            sink.add(name, fields.value(at: index))
        }
        return hasDate
    }

    /// The answer to a key that a peer of HTTP/2 has not sent (RFC 8441 §5).
    private static func isAcceptedKey(_ name: Span<UInt8>, _ exchange: Exchange) -> Bool {
        name.isEqualIgnoringCase(to: "sec-websocket-accept") && exchange.head.isExtendedConnect
    }

    private static func isEdited(_ name: Span<UInt8>, _ route: Route?) -> Bool {
        guard let route else { return false }
        for edit in route.settings.responseHeaders {
            switch edit {
            case .remove(let edited), .set(let edited, _):
                if name.isEqualIgnoringCase(to: edited.utf8.span) { return true }
            }
        }
        return false
    }

    private static func writeEdits(
        _ exchange: Exchange,
        into sink: inout some FieldSink & ~Copyable
    ) {
        guard let route = exchange.route else { return }
        for edit in route.settings.responseHeaders {
            if case .set(let name, let value) = edit {
                sink.add(name.utf8.span, value.utf8.span)
            }
        }
    }

    /// Where the gateway speaks CORS, the upstream's own fields of it are dropped.
    private static func isCORS(_ name: Span<UInt8>, _ route: Route?) -> Bool {
        guard let route, !route.settings.corsOrigins.isEmpty else { return false }
        return name.count > 21
            && name.extracting(0..<21).isEqualIgnoringCase(to: "access-control-allow-")
    }

    private static func writeCORS(_ exchange: Exchange, into sink: inout some FieldSink & ~Copyable)
    {
        guard let route = exchange.route, !route.settings.corsOrigins.isEmpty else { return }
        sink.add("vary", "origin")
        let fields = exchange.head.fields
        guard let field = fields.first(.origin) else { return }
        writeAllowedOrigin(route, fields.value(at: field), into: &sink)
    }

    private static func writeAllowedOrigin(
        _ route: Route,
        _ origin: Span<UInt8>,
        into sink: inout some FieldSink & ~Copyable
    ) {
        for allowed in route.settings.corsOrigins {
            if allowed == "*" {
                sink.add("access-control-allow-origin", "*")
                return
            }
            if origin.isEqual(to: allowed.utf8.span) {
                sink.add("access-control-allow-origin", origin)
                sink.add("access-control-allow-credentials", "true")
                sink.add("access-control-expose-headers", "x-request-id, www-authenticate")
                return
            }
        }
    }

    private static func writeTransportSecurity(
        _ exchange: Exchange,
        into sink: inout some FieldSink & ~Copyable
    ) {
        let value = exchange.strictTransportSecurity
        if !value.isEmpty {
            sink.add("strict-transport-security", value.span)
        }
    }
}

extension Exchange {
    /// The value of `Strict-Transport-Security`; empty where it is not to be said.
    fileprivate var strictTransportSecurity: [UInt8] {
        snapshot.strictTransportSecurity[listenerIndex]
    }
}
