import Bytes

/// What makes bytes no message: for the outside, which reads strictly and by code of its own.
struct WireFault: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A head as the outside reads it.
struct WireHead {
    var start: String
    var fields: [(name: String, value: String)]

    /// The values of a field, the name in lower case.
    func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    func value(_ name: String) -> String? { values(name).first }
}

/// How the outside finds the end of a body.
enum WireFraming: Equatable {
    case chunked
    case length(Int)
    case none
    case untilClose
}

/// Reads messages out of a stream, strictly.
struct MessageReader {
    private var bytes: [UInt8] = []
    private var position = 0
    private var body = WireFraming.none
    private var left = 0
    private var isInChunk = false
    /// The payload of the present message.
    private(set) var payload: [UInt8] = []
    /// Whether a trailer stood behind it.
    private(set) var hasTrailer = false
    /// Whether the present message's body has ended.
    private(set) var isBodyComplete = true

    mutating func feed(_ more: ArraySlice<UInt8>) {
        if position > 1 << 15 {
            bytes.removeFirst(position)
            position = 0
        }
        bytes += more
    }

    /// Bytes that were not read.
    var rest: Int { bytes.count - position }

    /// All bytes that were not read, for a tunnel.
    mutating func takeRest() -> ArraySlice<UInt8> {
        let taken = bytes[position...]
        position = bytes.count
        return taken
    }

    /// The next head, once it is whole.
    mutating func readHead() throws(WireFault) -> WireHead? {
        guard let end = headEnd() else {
            if rest > 1 << 17 { throw WireFault("a head without end") }
            return nil
        }
        var lines: [String] = []
        var begin = position
        while begin < end - 2 {
            var stop = begin
            while bytes[stop] != 0x0D, bytes[stop] != 0x0A {
                stop += 1
            }
            guard bytes[stop] == 0x0D, bytes[stop + 1] == 0x0A else {
                let line = String(decoding: bytes[begin..<min(end, begin + 60)], as: UTF8.self)
                throw WireFault("a line without CRLF: \(line.debugDescription)")
            }
            lines.append(String(decoding: bytes[begin..<stop], as: UTF8.self))
            begin = stop + 2
        }
        position = end
        guard let start = lines.first else { throw WireFault("a head without lines") }
        var head = WireHead(start: start, fields: [])
        for line in lines.dropFirst() {
            head.fields.append(try Self.field(line))
        }
        return head
    }

    private static func field(_ line: String) throws(WireFault) -> (name: String, value: String) {
        let bytes = Array(line.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            throw WireFault("a field without name: \(line)")
        }
        let marks = Array("!#$%&'*+-.^_`|~".utf8)
        for byte in bytes[..<colon] {
            let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
            let isDigit = byte >= 0x30 && byte <= 0x39
            guard isLetter || isDigit || marks.contains(byte) else {
                throw WireFault("a field name that is no token: \(line)")
            }
        }
        var value = bytes[(colon + 1)...]
        while let first = value.first, first == 0x20 || first == 0x09 {
            value.removeFirst()
        }
        while let last = value.last, last == 0x20 || last == 0x09 {
            value.removeLast()
        }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw WireFault("a control character in a field: \(line)")
        }
        return (
            String(decoding: bytes[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)
        )
    }

    private func headEnd() -> Int? {
        let all = bytes
        var from = position
        while let end = all.span.firstIndex(of: 0x0D, from: from), end + 3 < all.count {
            if all[end + 1] == 0x0A, all[end + 2] == 0x0D, all[end + 3] == 0x0A { return end + 4 }
            from = end + 1
        }
        return nil
    }

    /// The framing that a head announces: one, or a fault.
    static func framing(of head: WireHead) throws(WireFault) -> WireFraming? {
        let lengths = head.values("content-length")
        let codings = head.values("transfer-encoding")
        guard lengths.count + codings.count <= 1 else { throw WireFault("two framings") }
        if let coding = codings.first {
            guard coding == "chunked" else { throw WireFault("a coding: \(coding)") }
            return .chunked
        }
        guard let text = lengths.first else { return nil }
        guard let length = Int(text), String(length) == text, length >= 0 else {
            throw WireFault("a length: \(text)")
        }
        return .length(length)
    }

    mutating func beginBody(_ framing: WireFraming) {
        payload = []
        hasTrailer = false
        body = framing
        left = 0
        isInChunk = false
        isBodyComplete = framing == .none || framing == .length(0)
        if case .length(let length) = framing {
            left = length
        }
    }

    /// Reads what there is of the body.
    mutating func readBody() throws(WireFault) {
        while !isBodyComplete, rest > 0 {
            switch body {
            case .none: isBodyComplete = true
            case .untilClose:
                payload += takeRest()
            case .length:
                take()
                isBodyComplete = left == 0
            case .chunked:
                guard try readChunk() else { return }
            }
        }
    }

    private mutating func take() {
        let count = min(left, rest)
        payload += bytes[position..<(position + count)]
        position += count
        left -= count
    }

    private mutating func readChunk() throws(WireFault) -> Bool {
        if isInChunk, left > 0 {
            take()
            return true
        }
        if isInChunk {
            guard rest >= 2 else { return false }
            guard bytes[position] == 0x0D, bytes[position + 1] == 0x0A else {
                throw WireFault("a chunk without end")
            }
            position += 2
            isInChunk = false
            return true
        }
        let all = bytes
        guard let end = all.span.firstIndex(of: 0x0A, from: position) else {
            if rest > 64 { throw WireFault("a chunk size without end") }
            return false
        }
        let line = String(decoding: bytes[position..<end], as: UTF8.self)
        guard line.hasSuffix("\r"), let size = Int(line.dropLast(), radix: 16) else {
            throw WireFault("a chunk size: \(line)")
        }
        if size == 0 {
            return try readTrailers(from: end + 1)
        }
        position = end + 1
        left = size
        isInChunk = true
        return true
    }

    /// Behind the last chunk stands nothing, or the one trailer that origins send.
    private mutating func readTrailers(from start: Int) throws(WireFault) -> Bool {
        let all = bytes
        guard let end = all.span.firstIndex(of: 0x0A, from: start) else { return false }
        let line = String(decoding: bytes[start..<end], as: UTF8.self)
        if line == "\r" {
            position = end + 1
            isBodyComplete = true
            return true
        }
        guard line.lowercased() == "x-trailer: 1\r" else { throw WireFault("a trailer: \(line)") }
        guard bytes.count > end + 2 else { return false }
        guard bytes[end + 1] == 0x0D, bytes[end + 2] == 0x0A else {
            throw WireFault("two trailers")
        }
        position = end + 3
        isBodyComplete = true
        hasTrailer = true
        return true
    }

    /// The stream has ended: a body without length is then whole.
    mutating func streamEnded() {
        if body == .untilClose {
            isBodyComplete = true
        }
    }
}
