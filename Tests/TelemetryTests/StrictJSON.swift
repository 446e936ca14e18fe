/// A flat JSON object, read by the letter of RFC 8259, so that the tests do not forgive the encoder.
struct StrictJSON {
    enum Value: Equatable {
        case text(String)
        case number(String)
        case flag(Bool)
    }

    struct Fault: Error {
        let place: Int
    }

    private let bytes: [UInt8]
    private var index = 0

    /// The fields of a line, in order.
    static func fields(of line: [UInt8]) throws(Fault) -> [(name: String, value: Value)] {
        var reader = StrictJSON(bytes: line)
        return try reader.object()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func object() throws(Fault) -> [(name: String, value: Value)] {
        var fields: [(name: String, value: Value)] = []
        try expect("{")
        if peek() == UInt8(ascii: "}") {
            index += 1
        } else {
            while true {
                let name = try string()
                guard !fields.contains(where: { $0.name == name }) else {
                    throw Fault(place: index)
                }
                try expect(":")
                fields.append((name, try value()))
                guard peek() == UInt8(ascii: ",") else { break }
                index += 1
            }
            try expect("}")
        }
        guard index == bytes.count else { throw Fault(place: index) }
        return fields
    }

    private mutating func value() throws(Fault) -> Value {
        switch peek() {
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"):
            try expect("true")
            return .flag(true)
        case UInt8(ascii: "f"):
            try expect("false")
            return .flag(false)
        default: return .number(try number())
        }
    }

    private mutating func number() throws(Fault) -> String {
        let start = index
        if peek() == UInt8(ascii: "-") { index += 1 }
        let first = index
        skipDigits()
        guard index > first, bytes[first] != UInt8(ascii: "0") || index == first + 1 else {
            throw Fault(place: index)
        }
        if peek() == UInt8(ascii: ".") {
            index += 1
            let fraction = index
            skipDigits()
            guard index > fraction else { throw Fault(place: index) }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func skipDigits() {
        while let byte = peek(), byte >= 0x30, byte <= 0x39 { index += 1 }
    }

    private mutating func string() throws(Fault) -> String {
        try expect("\"")
        var raw: [UInt8] = []
        while true {
            guard let byte = peek(), byte >= 0x20 else { throw Fault(place: index) }
            index += 1
            if byte == UInt8(ascii: "\"") { break }
            guard byte == UInt8(ascii: "\\") else {
                raw.append(byte)
                continue
            }
            raw += Array(String(Character(try escape())).utf8)
        }
        guard let text = String(validating: raw, as: UTF8.self) else { throw Fault(place: index) }
        return text
    }

    private mutating func escape() throws(Fault) -> Unicode.Scalar {
        guard let letter = peek() else { throw Fault(place: index) }
        index += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard index + 4 <= bytes.count,
                let code = UInt32(
                    String(decoding: bytes[index..<index + 4], as: UTF8.self),
                    radix: 16
                ),
                let scalar = Unicode.Scalar(code)
            else { throw Fault(place: index) }
            index += 4
            return scalar
        default: throw Fault(place: index)
        }
    }

    private func peek() -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private mutating func expect(_ word: String) throws(Fault) {
        for byte in word.utf8 {
            guard peek() == byte else { throw Fault(place: index) }
            index += 1
        }
    }
}
