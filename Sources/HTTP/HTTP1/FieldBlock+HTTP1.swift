import Bytes

/// What `Content-Length` and `Transfer-Encoding` of a message say together.
enum DeclaredLength: Equatable {
    case chunked
    case length(UInt64)
    case nothing
}

/// The options of `Connection` that the machines know.
struct ConnectionOptions: OptionSet {
    let rawValue: UInt8

    static let close = ConnectionOptions(rawValue: 1)
    static let keepAlive = ConnectionOptions(rawValue: 2)
    static let upgrade = ConnectionOptions(rawValue: 4)
}

extension FieldBlock {
    /// Records the field that stands in `line` of `received`, without copying it yet.
    ///
    /// - Throws: What is wrong with the line; blanks at its beginning or before its colon, and names
    ///   that are no token, are refused (RFC 9112 §5.1, §5.2).
    mutating func recordField(
        in received: Span<UInt8>,
        line: Range<Int>
    ) throws(ParseFault) {
        let colon = received.endOfToken(from: line.lowerBound, to: line.upperBound)
        guard colon < line.upperBound else { throw .malformedFieldName }
        guard received[colon] == UInt8(ascii: ":"), colon > line.lowerBound else {
            throw Self.nameFault(in: received, line: line, stop: colon)
        }
        var first = colon + 1
        var last = line.upperBound
        while first < last, received[first] == 0x20 || received[first] == 0x09 {
            first += 1
        }
        while last > first, received[last - 1] == 0x20 || received[last - 1] == 0x09 {
            last -= 1
        }
        record(
            id: FieldName(received.extracting(line.lowerBound..<colon)),
            name: line.lowerBound..<colon,
            value: first..<last
        )
    }

    /// Reads the fields of a trailer section, its blank line included, whose bytes were checked as they
    /// came.
    ///
    /// - Throws: ``ParseFault/tooManyFields``.
    mutating func readTrailers(
        _ block: Span<UInt8>,
        countMax: Int
    ) throws(ParseFault) {
        removeAll()
        var start = 0
        while let end = block.firstIndex(of: 0x0D, from: start), end > start {
            guard count < countMax else { throw .tooManyFields }
            try recordField(in: block, line: start..<end)
            start = end + 2
        }
        adopt(block)
    }

    private static func nameFault(
        in received: Span<UInt8>,
        line: Range<Int>,
        stop: Int
    ) -> ParseFault {
        guard received[stop] == 0x20 || received[stop] == 0x09 else { return .malformedFieldName }
        guard stop > line.lowerBound else { return .obsoleteFold }
        var next = stop
        while next < line.upperBound, received[next] == 0x20 || received[next] == 0x09 {
            next += 1
        }
        return next < line.upperBound && received[next] == UInt8(ascii: ":")
            ? .spaceBeforeColon : .malformedFieldName
    }

    /// The place of the one valid `Host` that HTTP/1.1 demands and HTTP/1.0 may have (RFC 9112
    /// §3.2).
    ///
    /// One that an absolute target overrules must be valid still.
    func host(version: HTTPVersion) throws(ParseFault) -> Int? {
        guard let host = first(.host) else {
            guard version == .http10 else { throw .missingHost }
            return nil
        }
        guard next(.host, after: host) == nil else { throw .duplicateHost }
        guard HostName.isValid(value(at: host)) else { throw .malformedHost }
        return host
    }

    /// Whether `100-continue` is expected, which does not count in HTTP/1.0; nothing else may be expected
    /// (RFC 9110 §10.1.1).
    func expectsContinue(version: HTTPVersion) throws(ParseFault) -> Bool {
        guard let expect = first(.expect), version != .http10 else { return false }
        guard next(.expect, after: expect) == nil,
            value(at: expect).isEqualIgnoringCase(to: "100-continue")
        else { throw .unknownExpectation }
        return true
    }

    /// Reads the fields that frame a body, refusing whatever two parsers could read differently
    /// (RFC 9112 §6.3): repetition, lists, signs, leading zeros, both at once.
    func declaredLength(version: HTTPVersion) throws(ParseFault) -> DeclaredLength {
        let length = first(.contentLength)
        let encoding = first(.transferEncoding)
        if let encoding {
            guard length == nil else { throw .framingConflict }
            guard version != .http10 else { throw .transferEncodingInHTTP10 }
            guard next(.transferEncoding, after: encoding) == nil else {
                throw .duplicateTransferEncoding
            }
            guard value(at: encoding).isEqualIgnoringCase(to: "chunked") else {
                throw .unknownTransferEncoding
            }
            return .chunked
        }
        guard let length else { return .nothing }
        guard next(.contentLength, after: length) == nil else { throw .duplicateContentLength }
        return .length(try Self.contentLength(value(at: length)))
    }

    /// Digits only, the first not zero unless it is alone, and no more than `Int64` can count.
    private static func contentLength(_ value: Span<UInt8>) throws(ParseFault) -> UInt64 {
        guard let length = value.decimalValue(), length <= UInt64(Int64.max),
            value.count == 1 || value[0] != UInt8(ascii: "0")
        else { throw .malformedContentLength }
        return length
    }

    /// The options of all `Connection` fields together.
    ///
    /// Unknown ones name fields, and are the forwarder's to look up.
    func connectionOptions() -> ConnectionOptions {
        var options: ConnectionOptions = []
        var place = first(.connection)
        while let connection = place {
            let list = value(at: connection)
            var position = 0
            while let element = FieldSyntax.nextListElement(of: list, from: &position) {
                let option = list.extracting(element)
                switch option.count {
                case 5 where option.isEqualIgnoringCase(to: "close"): options.insert(.close)
                case 7 where option.isEqualIgnoringCase(to: "upgrade"): options.insert(.upgrade)
                case 10 where option.isEqualIgnoringCase(to: "keep-alive"):
                    options.insert(.keepAlive)
                default: break
                }
            }
            place = next(.connection, after: connection)
        }
        return options
    }

    /// Whether `Upgrade` fields ask for a protocol, and for none that is HTTP itself.
    ///
    /// `h2c` is refused wherever it stands: a server that took it would be sent requests through the
    /// tunnel that nobody here has looked at. The field is then ignored, as a server may (RFC 9110
    /// §7.8).
    func asksForOtherProtocol() -> Bool {
        var asks = false
        var place = first(.upgrade)
        while let upgrade = place {
            let list = value(at: upgrade)
            var position = 0
            while let element = FieldSyntax.nextListElement(of: list, from: &position) {
                let name = list.extracting(element)
                if name.isEqualIgnoringCase(to: "h2c") || name.isEqualIgnoringCase(to: "h2")
                    || name.count >= 4 && name.extracting(0..<4).isEqualIgnoringCase(to: "http")
                {
                    return false
                }
                asks = true
            }
            place = next(.upgrade, after: upgrade)
        }
        return asks
    }
}

extension ConnectionOptions {
    /// Whether the connection goes on after a message of that version (RFC 9112 §9.3).
    func keepsAlive(_ version: HTTPVersion) -> Bool {
        !contains(.close) && (version != .http10 || contains(.keepAlive))
    }
}
