import Bytes

extension RequestHead {
    /// Reads the first line, which stands in `line` of `received`: three parts, one space between
    /// them (RFC 9112 §3).
    mutating func readRequestLine(
        in received: Span<UInt8>,
        line: Range<Int>,
        limits: HeadLimits
    ) throws(ParseFault) {
        let methodEnd = received.endOfToken(from: line.lowerBound, to: line.upperBound)
        guard methodEnd < line.upperBound, received[methodEnd] == 0x20 else {
            throw methodEnd == line.lowerBound || methodEnd == line.upperBound
                ? .malformedRequestLine : .malformedMethod
        }
        guard methodEnd > line.lowerBound else { throw .malformedRequestLine }
        let targetStart = methodEnd + 1
        guard let space = received.firstIndex(of: 0x20, from: targetStart),
            space < line.upperBound, space > targetStart
        else { throw .malformedRequestLine }
        methodPlace = line.lowerBound..<methodEnd
        targetPlace = targetStart..<space
        method = Method(received.extracting(methodPlace))
        guard targetPlace.count <= limits.targetSize else { throw .targetTooLong }
        version = try Self.version(
            received.extracting((space + 1)..<line.upperBound),
            isPreface: received.extracting(line).isEqual(to: "PRI * HTTP/2.0")
        )
        try readTarget(received)
    }

    /// Reads `HTTP/1.0` or `HTTP/1.1`, to the letter.
    ///
    /// Others of that shape are versions not spoken here.
    private static func version(
        _ bytes: Span<UInt8>,
        isPreface: Bool
    ) throws(ParseFault) -> HTTPVersion {
        if bytes.isEqual(to: "HTTP/1.1") {
            return .http11
        }
        if bytes.isEqual(to: "HTTP/1.0") {
            return .http10
        }
        guard bytes.count == 8, bytes.hasPrefix("HTTP/"), ASCII.isDigit(bytes[5]),
            bytes[6] == UInt8(ascii: "."), ASCII.isDigit(bytes[7])
        else { throw .malformedVersion }
        throw isPreface ? .http2Preface : .unsupportedVersion
    }

    /// Tells the form of the target, and finds host, path and query in it (RFC 9112 §3.2).
    private mutating func readTarget(_ received: Span<UInt8>) throws(ParseFault) {
        let target = received.extracting(targetPlace)
        guard Self.isVisible(target) else { throw .malformedTarget }
        if method == .connect {
            try readAuthority(target)
        } else if target[0] == UInt8(ascii: "/") {
            form = .origin
            splitQuery(target, pathStart: 0)
        } else if target[0] == UInt8(ascii: "*") {
            guard target.count == 1, method == .options else { throw .malformedTarget }
            form = .asterisk
            pathPlace = targetPlace
        } else {
            try readAbsolute(target)
        }
    }

    /// Visible ASCII without `#`: a fragment is never sent, and raw bytes beyond ASCII are read
    /// differently.
    static func isVisible(_ target: Span<UInt8>) -> Bool {
        for index in 0..<target.count {
            let byte = target[index]
            guard byte &- 0x21 < 0x5E, byte != UInt8(ascii: "#") else { return false }
        }
        return true
    }

    private mutating func readAuthority(_ target: Span<UInt8>) throws(ParseFault) {
        guard HostName.isValid(target), HostName.port(of: target) != nil else {
            throw .malformedTarget
        }
        form = .authority
        hostPlace = targetPlace
    }

    private mutating func readAbsolute(_ target: Span<UInt8>) throws(ParseFault) {
        let schemeLength: Int
        if target.count > 7, target.extracting(0..<7).isEqualIgnoringCase(to: "http://") {
            form = .absoluteHTTP
            schemeLength = 7
        } else if target.count > 8, target.extracting(0..<8).isEqualIgnoringCase(to: "https://") {
            form = .absoluteHTTPS
            schemeLength = 8
        } else {
            throw .malformedTarget
        }
        var end = schemeLength
        while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?")
        {
            end += 1
        }
        guard HostName.isValid(target.extracting(schemeLength..<end)) else { throw .malformedHost }
        hostPlace = (targetPlace.lowerBound + schemeLength)..<(targetPlace.lowerBound + end)
        splitQuery(target, pathStart: end)
    }

    private mutating func splitQuery(_ target: Span<UInt8>, pathStart: Int) {
        let start = targetPlace.lowerBound
        if let mark = target.firstIndex(of: UInt8(ascii: "?"), from: pathStart) {
            hasQuery = true
            pathPlace = (start + pathStart)..<(start + mark)
            queryPlace = (start + mark + 1)..<targetPlace.upperBound
        } else {
            pathPlace = (start + pathStart)..<targetPlace.upperBound
        }
    }

    /// Judges the fields once the head is whole and copied: host, framing, connection, expectation.
    mutating func finish() throws(ParseFault) {
        if pathPlace.isEmpty, form != .authority {
            addMissingPath()
        }
        try readHost()
        switch try fields.declaredLength(version: version) {
        case .chunked: framing = .chunked
        case .length(let length): framing = .length(length)
        case .nothing: framing = .none
        }
        let options = fields.connectionOptions()
        keepsAlive = options.keepsAlive(version)
        upgrade =
            version == .http11 && options.contains(.upgrade) && fields.asksForOtherProtocol()
        try readExpectation()
    }

    /// An absolute target without a path means the root, and for OPTIONS the whole server (RFC 9112
    /// §3.2.4).
    private mutating func addMissingPath() {
        let place = fields.bytes.count
        let isWholeServer = method == .options && !hasQuery
        fields.bytes.append(isWholeServer ? UInt8(ascii: "*") : UInt8(ascii: "/"))
        pathPlace = place..<(place + 1)
    }

    private mutating func readHost() throws(ParseFault) {
        if let host = try fields.host(version: version), hostPlace.isEmpty {
            hostPlace = fields.valuePlace(at: host)
        }
    }

    private mutating func readExpectation() throws(ParseFault) {
        expectsContinue =
            try fields.expectsContinue(version: version) && framing != .none
            && framing != .length(0)
    }
}
