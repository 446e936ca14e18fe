import Bytes
import Cryptography

/// Where unpredictable bytes come from: the system, or what a test says.
struct RandomSource: Sendable {
    /// That many fresh bytes.
    let bytes: @Sendable (_ count: Int) -> [UInt8]

    /// A source of the caller's.
    init(_ bytes: @escaping @Sendable (_ count: Int) -> [UInt8]) {
        self.bytes = bytes
    }

    /// The system's generator.
    static let system = RandomSource { Random.bytes($0) }

    /// A random UUID (RFC 9562 §5.4) in lower case.
    func uuid() -> String {
        var bytes = bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) {
                text.append(UInt8(ascii: "-"))
            }
            text.append(ASCII.lowercaseHexDigit(byte >> 4))
            text.append(ASCII.lowercaseHexDigit(byte))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
