import Bytes

/// What of a path is repaired rather than refused.
public struct PathOptions: Sendable, Equatable {
    /// Whether `//` becomes `/`, for matching and for the back end alike.
    public var mergesSlashes: Bool

    /// Chooses what is repaired.
    public init(mergesSlashes: Bool) {
        self.mergesSlashes = mergesSlashes
    }
}

/// The one path that a request is matched by and that the back end is sent.
///
/// Triplets of unreserved characters are decoded, all others are upper-cased, bytes that RFC 3986
/// wants encoded are encoded, and dot segments are removed. What back ends read differently is refused,
/// see ``PathFault``. The canonical path of a canonical path is itself. Reused from request to
/// request: the memory is kept.
public struct CanonicalPath: Sendable {
    private var sentBytes: [UInt8] = []
    private var matchedBytes: [UInt8] = []
    // An inline array, because the compiler passes a type that holds one by address: only so can
    // `sent` and `matched` be borrowed from a path that is stored in a class.
    private var encodedSlashFlag: InlineArray<1, Bool> = [false]
    /// Whether there were empty segments, which ``PathOptions/mergesSlashes`` has merged.
    ///
    /// A caller that must know its route first merges, and then refuses where the route does not.
    public private(set) var hasEmptySegments = false

    /// Makes an empty path.
    public init() {}

    /// Whether `%2F` occurred, be it in a segment that `..` has removed: the caller refuses the path
    /// as `path.ambiguous` unless its route allows it.
    public private(set) var hasEncodedSlash: Bool {
        get { encodedSlashFlag[0] }
        set { encodedSlashFlag[0] = newValue }
    }

    /// What the back end is sent: `;` parameters kept.
    public var sent: Span<UInt8> {
        @_lifetime(borrow self)
        get { sentBytes.span }
    }

    /// What routes are matched by: `;` parameters left out.
    public var matched: Span<UInt8> {
        @_lifetime(borrow self)
        get { matchedBytes.span }
    }

    /// Reads a path as it stands in a request target, without the query.
    ///
    /// `*` alone is itself.
    ///
    /// - Throws: ``PathFault``; the request is answered 400 and the path is left empty.
    public mutating func assign(
        _ rawPath: Span<UInt8>,
        options: PathOptions
    ) throws(PathFault) {
        clear()
        if rawPath.count == 1, rawPath[0] == UInt8(ascii: "*") {
            sentBytes.append(UInt8(ascii: "*"))
            matchedBytes.append(UInt8(ascii: "*"))
            return
        }
        guard !isCanonical(rawPath) else {
            sentBytes.append(rawPath)
            matchedBytes.append(rawPath)
            return
        }
        do throws(PathFault) {
            try readSegments(rawPath, options: options)
        } catch {
            clear()
            throw error
        }
    }

    private mutating func readSegments(
        _ rawPath: Span<UInt8>,
        options: PathOptions
    ) throws(PathFault) {
        guard rawPath.count > 0, rawPath[0] == UInt8(ascii: "/") else { throw .malformedPath }
        var start = 1
        while true {
            let end = rawPath.firstIndex(of: UInt8(ascii: "/"), from: start) ?? rawPath.count
            let isLast = end == rawPath.count
            if start == end, !isLast {
                guard options.mergesSlashes else { throw .emptySegment }
                hasEmptySegments = true
            } else {
                try readSegment(rawPath.extracting(start..<end), isLast: isLast)
            }
            if isLast {
                return
            }
            start = end + 1
        }
    }

    private mutating func readSegment(
        _ segment: Span<UInt8>,
        isLast: Bool
    ) throws(PathFault) {
        let dots = plainDots(segment)
        guard dots == 0 else {
            try removeDotSegment(climbs: dots == 2, isLast: isLast)
            return
        }
        sentBytes.append(UInt8(ascii: "/"))
        matchedBytes.append(UInt8(ascii: "/"))
        guard !isPlain(segment) else {
            sentBytes.append(segment)
            matchedBytes.append(segment)
            return
        }
        let matchedStart = matchedBytes.count
        var reader = SegmentReader()
        var index = 0
        while index < segment.count {
            let byte = segment[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < segment.count, let high = ASCII.hexValue(segment[index + 1]),
                    let low = ASCII.hexValue(segment[index + 2])
                else { throw .malformedTriplet }
                try append(decoded: high << 4 | low, &reader)
                index += 3
            } else {
                try append(plain: byte, &reader)
                index += 1
            }
        }
        try reader.end()
        guard matchedBytes.count > matchedStart || isLast else { throw .emptySegment }
    }

    /// Whether a path is sure to be its own canonical path, as most are: plain bytes, and no segment
    /// that is empty, but for the last, or begins with a dot.
    private func isCanonical(_ path: Span<UInt8>) -> Bool {
        let slash = UInt8(ascii: "/")
        guard path.count > 0, path[0] == slash else { return false }
        var previous = slash
        for index in 1..<path.count {
            let byte = path[index]
            if byte == slash || byte == UInt8(ascii: ".") {
                guard previous != slash else { return false }
            } else if !Self.isPlain(byte) {
                return false
            }
            previous = byte
        }
        return true
    }

    /// Whether every byte is one that stands for itself, encoded or not: most segments are copied.
    private func isPlain(_ segment: Span<UInt8>) -> Bool {
        for index in 0..<segment.count where !Self.isPlain(segment[index]) {
            return false
        }
        return true
    }

    /// Whether the byte is a `pchar` without triplets and semicolon (RFC 3986 §3.3).
    private static func isPlain(_ byte: UInt8) -> Bool {
        let bits: UInt64 = byte < 64 ? 0x27FF_7FD2_0000_0000 : 0x47FF_FFFE_87FF_FFFF
        return byte < 0x80 && bits &>> UInt64(byte & 63) & 1 == 1
    }

    /// How many dots the segment consists of, if it is `.` or `..`, else 0.
    private func plainDots(_ segment: Span<UInt8>) -> Int {
        switch segment.count {
        case 1: segment[0] == UInt8(ascii: ".") ? 1 : 0
        case 2: segment[0] == UInt8(ascii: ".") && segment[1] == UInt8(ascii: ".") ? 2 : 0
        default: 0
        }
    }

    private mutating func removeDotSegment(climbs: Bool, isLast: Bool) throws(PathFault) {
        if climbs {
            guard !sentBytes.isEmpty else { throw .climbsAboveRoot }
            Self.removeLastSegment(of: &sentBytes)
            Self.removeLastSegment(of: &matchedBytes)
        }
        if isLast {
            sentBytes.append(UInt8(ascii: "/"))
            matchedBytes.append(UInt8(ascii: "/"))
        }
    }

    private static func removeLastSegment(of path: inout [UInt8]) {
        while let byte = path.popLast(), byte != UInt8(ascii: "/") {}
    }

    /// Appends the byte of a percent-triplet, decoded or with the triplet in upper case.
    private mutating func append(
        decoded byte: UInt8,
        _ reader: inout SegmentReader
    ) throws(PathFault) {
        switch byte {
        case 0...0x1F, 0x7F:
            throw .encodedControl
        case UInt8(ascii: "\\"):
            throw .backslash
        case 0x80...0xFF:
            try reader.continueUTF8(byte)
        default:
            try reader.endUTF8()
        }
        if Self.isUnreserved(byte) {
            try write(byte, &reader)
            return
        }
        switch byte {
        case UInt8(ascii: "/"):
            hasEncodedSlash = true
            try reader.endPart(startsAnother: true)
        case UInt8(ascii: "#"), UInt8(ascii: ";"), UInt8(ascii: "?"):
            try reader.endPart(startsAnother: false)
        default:
            reader.isDotsSoFar = false
        }
        writeTriplet(byte, &reader)
    }

    /// Appends a byte that stands for itself, or encodes it where RFC 3986 §3.3 wants it encoded.
    private mutating func append(
        plain byte: UInt8,
        _ reader: inout SegmentReader
    ) throws(PathFault) {
        try reader.endUTF8()
        switch byte {
        case UInt8(ascii: "\\"):
            throw .backslash
        case 0...0x20, UInt8(ascii: "#"), UInt8(ascii: "?"), 0x7F...0xFF:
            throw .malformedPath
        case UInt8(ascii: ";"):
            try reader.endPart(startsAnother: false)
            reader.isInParameters = true
            try write(byte, &reader)
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"),
            UInt8(ascii: "|"), UInt8(ascii: "}"):
            reader.isDotsSoFar = false
            writeTriplet(byte, &reader)
        default:
            try write(byte, &reader)
        }
    }

    private mutating func write(_ byte: UInt8, _ reader: inout SegmentReader) throws(PathFault) {
        try reader.see(byte)
        sentBytes.append(byte)
        if !reader.isInParameters {
            matchedBytes.append(byte)
        }
    }

    private mutating func writeTriplet(_ byte: UInt8, _ reader: inout SegmentReader) {
        reader.seeTriplet(byte)
        Self.appendTriplet(byte, to: &sentBytes)
        if !reader.isInParameters {
            Self.appendTriplet(byte, to: &matchedBytes)
        }
    }

    private static func appendTriplet(_ byte: UInt8, to path: inout [UInt8]) {
        path.append(UInt8(ascii: "%"))
        path.append(ASCII.uppercaseHexDigit(byte >> 4))
        path.append(ASCII.uppercaseHexDigit(byte))
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: ASCII.isLetter(byte) || ASCII.isDigit(byte)
        }
    }

    private mutating func clear() {
        sentBytes.removeAll(keepingCapacity: true)
        matchedBytes.removeAll(keepingCapacity: true)
        hasEncodedSlash = false
        hasEmptySegments = false
    }
}
