import Bytes

extension ResponseHead {
    /// Reads the first line, which stands in `line` of `received` (RFC 9112 §4).
    ///
    /// The space before an empty reason may be missing: many servers leave it out, and nothing can
    /// be read into it.
    mutating func readStatusLine(
        in received: Span<UInt8>,
        line: Range<Int>
    ) throws(ParseFault) {
        let bytes = received.extracting(line)
        guard bytes.count >= 12, bytes.hasPrefix("HTTP/"), bytes[8] == 0x20 else {
            throw .malformedStatusLine
        }
        guard ASCII.isDigit(bytes[5]), bytes[6] == UInt8(ascii: "."), ASCII.isDigit(bytes[7]) else {
            throw .malformedVersion
        }
        switch (bytes[5], bytes[7]) {
        case (UInt8(ascii: "1"), UInt8(ascii: "1")): version = .http11
        case (UInt8(ascii: "1"), UInt8(ascii: "0")): version = .http10
        default: throw .unsupportedVersion
        }
        guard let code = bytes.extracting(9..<12).decimalValue(), code >= 100,
            bytes.count == 12 || bytes[12] == 0x20
        else { throw .malformedStatusLine }
        status = Int(code)
        reasonPlace = min(line.lowerBound + 13, line.upperBound)..<line.upperBound
    }

    /// Judges the fields once the head is whole and copied (RFC 9112 §6.3).
    ///
    /// A response that cannot have a body and announces one all the same has no body, but what
    /// follows it cannot be trusted: the connection is not used again.
    mutating func finish(
        requestMethod: Method,
        upgradeRequested: Bool
    ) throws(ParseFault) {
        let declared = try fields.declaredLength(version: version)
        keepsAlive = fields.connectionOptions().keepsAlive(version)
        if status == 101 {
            guard upgradeRequested else { throw .unexpectedUpgrade }
            isUpgrade = true
        }
        if status < 200 || status == 204 {
            framing = .none
            keepsAlive = keepsAlive && (declared == .nothing || declared == .length(0))
        } else if requestMethod == .head || status == 304 {
            framing = .none
        } else {
            switch declared {
            case .chunked: framing = .chunked
            case .length(let length): framing = .length(length)
            case .nothing:
                framing = .untilClose
                keepsAlive = false
            }
        }
    }
}
