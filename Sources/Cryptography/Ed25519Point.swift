/// What can be seen of a point of Ed25519 without computing on it.
internal enum Ed25519Point {
    /// Whether the 32 bytes encode a point whose order divides eight, or a second spelling of a
    /// small number that decoders take for one.
    ///
    /// The sign bit does not matter: a point and its negative have the same order.
    internal static func hasSmallOrder(_ x: Span<UInt8>) -> Bool {
        for encoding in smallOrderEncodings {
            var difference = (x[31] & 0x7F) ^ encoding[31]
            for index in 0..<31 {
                difference |= x[index] ^ encoding[index]
            }
            if difference == 0 {
                return true
            }
        }
        return false
    }

    /// The y-coordinates of all points of small order, little-endian: 0, 1, both of order eight,
    /// p - 1, and the spellings p and p + 1 of 0 and 1.
    private static let smallOrderEncodings: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF,
            0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88,
            0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10,
            0x67, 0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77,
            0x92, 0xAC, 0x03, 0x7A,
        ],
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    ]
}
