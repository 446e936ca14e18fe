public import Glibc

// SAFETY, of every `unsafe` in this file: a pointer never leaves the closure that lends it, and every
// length handed to C is the count of that same buffer, or was compared with it right above.

extension Span where Element == UInt8 {
    /// The first place of `byte` at or after `start`, or `nil`.
    @inlinable
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count else { return nil }
        return unsafe withUnsafeBufferPointer { buffer -> Int? in
            guard let base = buffer.baseAddress else { return nil }
            guard let found = unsafe memchr(base + start, Int32(byte), buffer.count - start) else {
                return nil
            }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }

    /// Whether both hold the same bytes.
    ///
    /// Not for secrets: see ``constantTimeEquals(_:)``.
    @inlinable
    public func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        guard count > 0 else { return true }
        return unsafe withUnsafeBufferPointer { left in
            unsafe other.withUnsafeBufferPointer { right in
                guard let first = left.baseAddress, let second = right.baseAddress else {
                    return false
                }
                return unsafe memcmp(first, second, left.count) == 0
            }
        }
    }

    /// Whether the bytes are those of the literal.
    @inlinable
    public func isEqual(to literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        return hasPrefix(literal)
    }

    /// Whether the bytes begin with those of the literal.
    @inlinable
    public func hasPrefix(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard count >= length else { return false }
        guard length > 0 else { return true }
        return unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return unsafe memcmp(base, literal.utf8Start, length) == 0
        }
    }

    /// Whether the bytes are those of a literal but for the case of ASCII letters.
    @inlinable
    public func isEqualIgnoringCase(to literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        // SAFETY: the literal has as many bytes, and lives for ever.
        return unsafe isEqualIgnoringCase(at: UnsafeRawPointer(literal.utf8Start))
    }

    /// Whether both hold the same bytes but for the case of ASCII letters.
    @inlinable
    public func isEqualIgnoringCase(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe other.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return true }
            return unsafe isEqualIgnoringCase(at: base)
        }
    }

    /// Compares with the `count` bytes at `other`, eight at a time, of which the last may have been
    /// seen before.
    @usableFromInline
    internal func isEqualIgnoringCase(at other: UnsafeRawPointer) -> Bool {
        unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return true }
            var index = 0
            // SAFETY: both have `bytes.count` bytes, and every read ends there at the latest.
            while index &+ 8 <= bytes.count {
                let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let wanted = unsafe other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                guard ASCII.lowercased(word) == ASCII.lowercased(wanted) else { return false }
                index &+= 8
            }
            if index < bytes.count, bytes.count >= 8 {
                index = bytes.count &- 8
                let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let wanted = unsafe other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                return ASCII.lowercased(word) == ASCII.lowercased(wanted)
            }
            while index < bytes.count {
                let byte = unsafe base.load(fromByteOffset: index, as: UInt8.self)
                let wanted = unsafe other.load(fromByteOffset: index, as: UInt8.self)
                guard ASCII.lowercased(byte) == ASCII.lowercased(wanted) else { return false }
                index &+= 1
            }
            return true
        }
    }

    /// Whether both hold the same bytes, in a time that depends on their length only.
    public func constantTimeEquals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<count {
            difference |= self[index] ^ other[index]
        }
        return difference == 0
    }

    /// The bytes without blanks and tabs at either end (`OWS`, RFC 9110 §5.6.3).
    @inlinable
    @_lifetime(copy self)
    public func trimmingBlanks() -> Span<UInt8> {
        var first = 0
        var last = count
        while first < last, self[first] == 0x20 || self[first] == 0x09 {
            first += 1
        }
        while last > first, self[last - 1] == 0x20 || self[last - 1] == 0x09 {
            last -= 1
        }
        return extracting(first..<last)
    }

    /// A copy of the bytes.
    @inlinable
    public func copied() -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// The bytes as text, every invalid UTF-8 sequence replaced.
    ///
    /// For people's eyes.
    public func text() -> String {
        unsafe withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The decimal number that the bytes spell, digits only, or `nil` where they do not or it would
    /// not fit.
    public func decimalValue() -> UInt64? {
        guard count > 0, count <= 20 else { return nil }
        var value: UInt64 = 0
        for index in 0..<count {
            guard ASCII.isDigit(self[index]) else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt64(self[index] - 0x30))
            guard !tooLarge, !overflow else { return nil }
            value = sum
        }
        return value
    }
}

extension Array where Element == UInt8 {
    /// Appends a copy of `bytes`.
    public mutating func append(_ bytes: Span<UInt8>) {
        guard bytes.count > 0 else { return }
        append(addingCapacity: bytes.count) { free in
            unsafe bytes.withUnsafeBytes { source in
                unsafe free.withUnsafeMutableBufferPointer { target, count in
                    // SAFETY: there is room for `bytes.count` bytes, and nobody else has it.
                    unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
                    count = source.count
                }
            }
        }
    }

    /// Appends the UTF-8 bytes of a literal.
    @inlinable
    public mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { unsafe append($0.span) }
    }

    /// Appends a copy of `bytes`, letters in lower case.
    public mutating func append(lowercased bytes: Span<UInt8>) {
        append(addingCapacity: bytes.count) { free in
            for index in 0..<bytes.count {
                free.append(ASCII.lowercased(bytes[index]))
            }
        }
    }

    /// Appends the sixteen hexadecimal digits of `number` in lower case, the highest first.
    public mutating func append(hex number: UInt64) {
        let digits: InlineArray<2, UInt64> = [
            ASCII.lowercaseHexDigits(UInt32(truncatingIfNeeded: number >> 32)).bigEndian,
            ASCII.lowercaseHexDigits(UInt32(truncatingIfNeeded: number)).bigEndian,
        ]
        // SAFETY: the words are sixteen bytes that outlive the call.
        unsafe digits.span.withUnsafeBytes { bytes in
            unsafe append(bytes.bindMemory(to: UInt8.self).span)
        }
    }
}
