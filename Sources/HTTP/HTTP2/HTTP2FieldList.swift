import Bytes

/// Fields in the making: what a head or trailers are written from.
///
/// One block of bytes and places in it, reused: ``removeAll()`` keeps the memory. Pseudo-headers come
/// first, as everywhere in HTTP/2. The caller vouches for the grammar of values; names are put in
/// lower case here.
public struct HTTP2FieldList: Sendable {
    internal private(set) var bytes: [UInt8] = []
    internal private(set) var places: [Place] = []

    /// The field that was begun and not ended.
    private var begun = (start: 0, valueStart: 0)

    /// Makes an empty list without memory.
    public init() {}

    /// The number of fields.
    public var count: Int { places.count }

    /// Forgets all fields and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    /// Adds a field; the bytes are copied.
    ///
    /// - Parameters:
    ///   - name: Put in lower case.
    ///   - value: Taken as it is.
    ///   - isNeverIndexed: Whether no compression on the way may keep it (RFC 7541 §7.1.3).
    public mutating func add(
        _ name: Span<UInt8>,
        _ value: Span<UInt8>,
        isNeverIndexed: Bool = false
    ) {
        let start = bytes.count
        bytes.append(lowercased: name)
        let valueStart = bytes.count
        bytes.append(value)
        finish(start: start, valueStart: valueStart, isNeverIndexed: isNeverIndexed)
    }

    /// Adds a field whose name is a literal in lower case.
    public mutating func add(_ name: StaticString, _ value: Span<UInt8>) {
        add(name, value, isNeverIndexed: false)
    }

    /// Adds a field whose name is a literal in lower case, and whose value may be kept from
    /// compression.
    public mutating func add(
        _ name: StaticString,
        _ value: Span<UInt8>,
        isNeverIndexed: Bool
    ) {
        let start = bytes.count
        bytes.append(name)
        let valueStart = bytes.count
        bytes.append(value)
        finish(start: start, valueStart: valueStart, isNeverIndexed: isNeverIndexed)
    }

    /// Adds a field of two literals, the name in lower case.
    public mutating func add(_ name: StaticString, _ value: StaticString) {
        let start = bytes.count
        bytes.append(name)
        let valueStart = bytes.count
        bytes.append(value)
        finish(start: start, valueStart: valueStart, isNeverIndexed: false)
    }

    /// Adds a field whose value is a number, not negative, in decimal digits.
    public mutating func add(_ name: StaticString, decimal number: Int) {
        precondition(number >= 0)
        let start = bytes.count
        bytes.append(name)
        let valueStart = bytes.count
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var index = digits.count
        var rest = number
        repeat {
            index -= 1
            digits[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        bytes.append(digits.span.extracting(index..<digits.count))
        finish(start: start, valueStart: valueStart, isNeverIndexed: false)
    }

    /// Begins a field, its name a literal in lower case, whose value is told in parts: by `append`, and
    /// then ``end(isNeverIndexed:)``.
    public mutating func begin(_ name: StaticString) {
        begun.start = bytes.count
        bytes.append(name)
        begun.valueStart = bytes.count
    }

    /// Appends a part of the value that was begun.
    public mutating func append(_ part: Span<UInt8>) {
        bytes.append(part)
    }

    /// Appends a part of the value that was begun.
    public mutating func append(_ part: StaticString) {
        bytes.append(part)
    }

    /// Appends sixteen hexadecimal digits to the value that was begun.
    public mutating func append(hex number: UInt64) {
        bytes.append(hex: number)
    }

    /// Ends the field that was begun.
    public mutating func end(isNeverIndexed: Bool = false) {
        finish(
            start: begun.start,
            valueStart: begun.valueStart,
            isNeverIndexed: isNeverIndexed
        )
    }

    private mutating func finish(start: Int, valueStart: Int, isNeverIndexed: Bool) {
        places.append(
            Place(
                start: start,
                valueStart: valueStart,
                end: bytes.count,
                isNeverIndexed: isNeverIndexed
            )
        )
    }
}

extension HTTP2FieldList {
    /// Where one field stands in the block: its name, and right behind it its value.
    internal struct Place: Sendable {
        internal var start: Int
        internal var valueStart: Int
        internal var end: Int
        internal var isNeverIndexed: Bool
    }
}
