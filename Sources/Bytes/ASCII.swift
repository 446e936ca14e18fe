/// The letters and classes of ASCII that wire grammars are written in.
public enum ASCII {
    /// Whether `byte` may stand in a token (`tchar`, RFC 9110 §5.6.2).
    @inlinable
    public static func isTokenByte(_ byte: UInt8) -> Bool {
        // One bit for each byte of ASCII: digits and `!#$%&'*+-.`, then letters and `^_`|~`.
        let bits: UInt64 = byte < 0x40 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 0x80 && bits &>> UInt64(byte & 0x3F) & 1 == 1
    }

    /// Whether `byte` may stand in a field value: visible, blank, tab, or beyond ASCII
    /// (`field-content`, RFC 9110 §5.5).
    @inlinable
    public static func isFieldValueByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F || byte == 0x09
    }

    /// Whether `byte` is a decimal digit.
    @inlinable
    public static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    /// Whether `byte` is a letter.
    @inlinable
    public static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26
    }

    /// The lower-case form of a letter, and every other byte as it is.
    @inlinable
    public static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The eight bytes of `word`, each as ``lowercased(_:)-(UInt8)`` makes it.
    ///
    /// Two sums raise the top bit of a byte from `A` on and of one beyond `Z`; what is the one and not
    /// the other, and ASCII, is lifted by 0x20.
    @inlinable
    public static func lowercased(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let low = word & (ones &* 0x7F)
        let isLetterOn = low &+ ones &* 0x3F
        let isBeyond = low &+ ones &* 0x25
        return word | (isLetterOn & ~isBeyond & ~word & (ones &* 0x80)) >> 2
    }

    /// The value of a hexadecimal digit of either case, or `nil` for any other byte.
    @inlinable
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// The hexadecimal digit of the low four bits of `value`, in lower case.
    @inlinable
    public static func lowercaseHexDigit(_ value: UInt8) -> UInt8 {
        let nibble = value & 0xF
        return nibble < 10 ? 0x30 + nibble : 0x61 + nibble - 10
    }

    /// The eight hexadecimal digits of `value` in lower case, the first in the highest byte.
    ///
    /// The digits are spread over the bytes of one word, and those from ten on lifted to the letters.
    @inlinable
    public static func lowercaseHexDigits(_ value: UInt32) -> UInt64 {
        let halves = (UInt64(value) | UInt64(value) << 16) & 0x0000_FFFF_0000_FFFF
        let quarters = (halves | halves << 8) & 0x00FF_00FF_00FF_00FF
        let digits = (quarters | quarters << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (digits &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return digits &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// The hexadecimal digit of the low four bits of `value`, in upper case.
    @inlinable
    public static func uppercaseHexDigit(_ value: UInt8) -> UInt8 {
        let nibble = value & 0xF
        return nibble < 10 ? 0x30 + nibble : 0x41 + nibble - 10
    }
}
