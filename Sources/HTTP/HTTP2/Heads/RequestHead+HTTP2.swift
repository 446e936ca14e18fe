import Bytes

extension RequestHead {
    /// Judges the head that `block` has collected into ``fields`` (RFC 9113 §8.3.1, §8.5, RFC 8441
    /// §4).
    ///
    /// The same strictness as in HTTP/1: what that refuses in a target, a host or a length is refused
    /// here.
    mutating func finish(_ block: inout HTTP2BlockReader, endsStream: Bool) throws(ParseFault) {
        version = .http2
        keepsAlive = true
        guard let methodRange = block.method else { throw .missingPseudoField }
        methodPlace = methodRange
        method = Method(methodBytes)
        if method == .connect, block.protocol == nil {
            try readTunnel(block)
        } else {
            guard let path = block.path, let scheme = block.scheme else {
                throw .missingPseudoField
            }
            guard isWebScheme(at: scheme) else { throw .malformedPseudoField }
            targetPlace = path
            if let name = block.protocol {
                try readExtendedConnect(protocol: name, hasAuthority: block.authority != nil)
            }
            try readPath()
        }
        block.finishCookie(in: &fields)
        try readAuthority(block.authority)
        try readFraming(endsStream: endsStream)
    }

    /// CONNECT has a host and a port, and neither scheme nor path (RFC 9113 §8.5).
    private mutating func readTunnel(_ block: borrowing HTTP2BlockReader) throws(ParseFault) {
        guard let authority = block.authority else { throw .missingPseudoField }
        guard block.path == nil, block.scheme == nil else { throw .malformedPseudoField }
        guard isHost(at: authority, withPort: true) else { throw .malformedTarget }
        form = .authority
        targetPlace = authority
    }

    /// Makes of an extended CONNECT the request that it is in HTTP/1.
    private mutating func readExtendedConnect(
        protocol name: Range<Int>,
        hasAuthority: Bool
    ) throws(ParseFault) {
        guard method == .connect else { throw .malformedPseudoField }
        guard hasAuthority else { throw .missingPseudoField }
        guard isWebSocket(at: name) else { throw .unknownProtocol }
        method = .get
        let start = fields.bytes.count
        fields.bytes.append("GET")
        methodPlace = start..<fields.bytes.count
        upgrade = true
        isExtendedConnect = true
        fields.appendKnown(.upgrade, literal: "websocket")
    }

    private mutating func readPath() throws(ParseFault) {
        form = try pathForm()
        let place = targetPlace
        if let mark = queryMark() {
            hasQuery = true
            pathPlace = place.lowerBound..<(place.lowerBound + mark)
            queryPlace = (place.lowerBound + mark + 1)..<place.upperBound
        } else {
            pathPlace = place
        }
    }

    private mutating func readAuthority(_ authority: Range<Int>?) throws(ParseFault) {
        if let host = fields.first(.host) {
            guard fields.next(.host, after: host) == nil else { throw .duplicateHost }
            let place = fields.valuePlace(at: host)
            guard isHost(at: place, withPort: false) else { throw .malformedHost }
            hostPlace = place
        }
        guard let authority else {
            guard !hostPlace.isEmpty else { throw .missingHost }
            return
        }
        guard isHost(at: authority, withPort: false) else { throw .malformedHost }
        guard hostPlace.isEmpty || isSame(authority, hostPlace) else { throw .conflictingHost }
        hostPlace = authority
    }

    private mutating func readFraming(endsStream: Bool) throws(ParseFault) {
        let declared = try fields.declaredLength(version: .http2)
        if endsStream || isExtendedConnect || method == .connect {
            framing = .none
        } else if case .length(let length) = declared {
            framing = .length(length)
        } else {
            framing = .chunked
        }
        expectsContinue =
            try fields.expectsContinue(version: .http2) && framing != .none
            && framing != .length(0)
    }

    private func pathForm() throws(ParseFault) -> TargetForm {
        let target = fields.bytes.span.extracting(targetPlace)
        guard target.count > 0, RequestHead.isVisible(target) else { throw .malformedTarget }
        if target[0] == UInt8(ascii: "/") {
            return .origin
        }
        guard target.count == 1, target[0] == UInt8(ascii: "*"), method == .options else {
            throw .malformedTarget
        }
        return .asterisk
    }

    private func queryMark() -> Int? {
        fields.bytes.span.extracting(targetPlace).firstIndex(of: UInt8(ascii: "?"))
    }

    /// A scheme's case does not count (RFC 3986 §3.1).
    private func isWebScheme(at place: Range<Int>) -> Bool {
        let scheme = fields.bytes.span.extracting(place)
        return scheme.isEqualIgnoringCase(to: "https") || scheme.isEqualIgnoringCase(to: "http")
    }

    private func isWebSocket(at place: Range<Int>) -> Bool {
        fields.bytes.span.extracting(place).isEqualIgnoringCase(to: "websocket")
    }

    private func isHost(at place: Range<Int>, withPort: Bool) -> Bool {
        let host = fields.bytes.span.extracting(place)
        return HostName.isValid(host) && (!withPort || HostName.port(of: host) != nil)
    }

    private func isSame(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        let bytes = fields.bytes.span
        return bytes.extracting(left).isEqualIgnoringCase(to: bytes.extracting(right))
    }
}
