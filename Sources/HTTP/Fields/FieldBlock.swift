import Bytes

/// Names and values of one message in one block of bytes.
///
/// Reused for message after message: ``removeAll()`` keeps the memory, so that a connection in its
/// steady state allocates nothing. A field is known by its place, `0..<count`, in the order sent.
/// The block of a parsed head is the head itself, copied once; a field's name and value are places
/// in it.
///
/// Whether a name of ``FieldName`` occurs is known at once; where it stands, and every other name, is
/// found by a scan. A copy of a block is cheap: two counts, and no table to move.
@frozen
public struct FieldBlock: Sendable {
    @usableFromInline
    internal var bytes: [UInt8] = []
    @usableFromInline
    internal var entries: [Entry] = []
    // An inline array, because the compiler passes a type that holds one by address: only so can names
    // and values be borrowed from a block that is stored in a class.
    @usableFromInline
    internal var presence: InlineArray<1, UInt64> = [0]
    /// How many bytes the names and values have together.
    public private(set) var byteCount = 0

    /// Makes an empty block without memory.
    public init() {}

    /// One bit for each ``FieldName`` that occurs.
    @inlinable
    internal var present: UInt64 {
        get { presence[0] }
        set { presence[0] = newValue }
    }

    /// The number of fields.
    @inlinable
    public var count: Int { entries.count }

    /// Which of the known names the field has.
    @inlinable
    public func id(at index: Int) -> FieldName {
        entries[index].id
    }

    /// Whether the field came, and must go on, as one that no compression may keep (RFC 7541 §6.2.3).
    ///
    /// Always false for fields of HTTP/1.
    @inlinable
    public func isNeverIndexed(at index: Int) -> Bool {
        entries[index].isNeverIndexed
    }

    /// The names, as sent: `name(at: 0)` is the first field's.
    @inlinable
    public var name: FieldTexts {
        @_lifetime(borrow self)
        get { FieldTexts(bytes: bytes.span, entries: entries.span, areNames: true) }
    }

    /// The values, without blanks around them: `value(at: 0)` is the first field's.
    @inlinable
    public var value: FieldTexts {
        @_lifetime(borrow self)
        get { FieldTexts(bytes: bytes.span, entries: entries.span, areNames: false) }
    }

    /// A part of the field's value.
    @inlinable
    @_lifetime(borrow self)
    public func value(at index: Int, part: Range<Int>) -> Span<UInt8> {
        let entry = entries[index]
        return bytes.span.extracting(Int(entry.valueStart)..<Int(entry.valueEnd))
            .extracting(part)
    }

    /// The first field of the name: a scan only where there is one.
    @inlinable
    public func first(_ name: FieldName) -> Int? {
        guard present & (1 << UInt64(name.rawValue)) != 0 else { return nil }
        return next(name, after: -1)
    }

    /// The next field of the name after the place `index`.
    @inlinable
    public func next(_ name: FieldName, after index: Int) -> Int? {
        var place = index + 1
        while place < entries.count {
            if entries[place].id == name {
                return place
            }
            place += 1
        }
        return nil
    }

    /// How many fields have the name.
    @inlinable
    public func occurrences(of name: FieldName) -> Int {
        var total = 0
        var place = first(name)
        while let found = place {
            total += 1
            place = next(name, after: found)
        }
        return total
    }

    /// The first field whose name is `lowercase`, a name in lower case, but for its case.
    ///
    /// A scan; a name that ``FieldName`` knows is found faster by ``first(_:)``.
    public func first(named lowercase: Span<UInt8>) -> Int? {
        next(named: lowercase, after: -1)
    }

    /// The next field of that name after the place `index`.
    public func next(named lowercase: Span<UInt8>, after index: Int) -> Int? {
        var place = index + 1
        while place < entries.count {
            if name(at: place).isEqualIgnoringCase(to: lowercase) {
                return place
            }
            place += 1
        }
        return nil
    }

    /// Adds a field; the bytes are copied.
    ///
    /// The caller vouches for their grammar: nothing is checked here. A block holds at most 65 535
    /// fields and 4 GiB, which the limits of a head keep far away.
    public mutating func append(
        name: Span<UInt8>,
        value: Span<UInt8>,
        isNeverIndexed: Bool = false
    ) {
        let nameStart = bytes.count
        bytes.append(name)
        append(
            id: FieldName(name),
            nameStart: nameStart,
            value: value,
            isNeverIndexed: isNeverIndexed
        )
    }

    /// Adds a field of a known name in lower case; `name` is not `other`.
    public mutating func appendKnown(
        _ name: FieldName,
        value: Span<UInt8>,
        isNeverIndexed: Bool = false
    ) {
        precondition(name != .other)
        let nameStart = bytes.count
        bytes.append(name.lowercaseName)
        append(id: name, nameStart: nameStart, value: value, isNeverIndexed: isNeverIndexed)
    }

    /// Adds a field of a known name in lower case whose value is a literal.
    internal mutating func appendKnown(_ name: FieldName, literal value: StaticString) {
        precondition(name != .other)
        let nameStart = bytes.count
        bytes.append(name.lowercaseName)
        let valueStart = bytes.count
        bytes.append(value)
        record(id: name, name: nameStart..<valueStart, value: valueStart..<bytes.count)
    }

    /// Forgets all fields and keeps the memory.
    @inlinable
    public mutating func removeAll() {
        // What is empty, as most trailers are, has nothing to be forgotten.
        guard !bytes.isEmpty || !entries.isEmpty else { return }
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        present = 0
        forgetByteCount()
    }

    private mutating func append(
        id: FieldName,
        nameStart: Int,
        value: Span<UInt8>,
        isNeverIndexed: Bool
    ) {
        let valueStart = bytes.count
        bytes.append(value)
        precondition(bytes.count <= Int(UInt32.max))
        record(
            id: id,
            name: nameStart..<valueStart,
            value: valueStart..<bytes.count,
            isNeverIndexed: isNeverIndexed
        )
    }

    /// Adds bytes that are no field's, such as a pseudo-header's value, and says where they stand.
    internal mutating func appendBytes(_ added: Span<UInt8>) -> Range<Int> {
        let start = bytes.count
        bytes.append(added)
        return start..<bytes.count
    }

    /// Notes that the field stands, or will stand, at these places of the block.
    internal mutating func record(
        id: FieldName,
        name: Range<Int>,
        value: Range<Int>,
        isNeverIndexed: Bool = false
    ) {
        precondition(entries.count < Int(UInt16.max))
        present |= 1 << UInt64(id.rawValue)
        byteCount += name.count + value.count
        entries.append(
            Entry(
                nameStart: UInt32(truncatingIfNeeded: name.lowerBound),
                nameEnd: UInt32(truncatingIfNeeded: name.upperBound),
                valueStart: UInt32(truncatingIfNeeded: value.lowerBound),
                valueEnd: UInt32(truncatingIfNeeded: value.upperBound),
                id: id,
                isNeverIndexed: isNeverIndexed
            )
        )
    }

    /// Where the value of a field stands in the block.
    internal func valuePlace(at index: Int) -> Range<Int> {
        Int(entries[index].valueStart)..<Int(entries[index].valueEnd)
    }

    /// Makes `head` the block that the recorded fields stand in.
    internal mutating func adopt(_ head: Span<UInt8>) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(head)
    }

    @usableFromInline
    internal mutating func forgetByteCount() {
        byteCount = 0
    }
}

extension FieldBlock {
    /// Where one field stands in the block.
    @frozen
    @usableFromInline
    internal struct Entry: Sendable {
        @usableFromInline
        internal var nameStart: UInt32
        @usableFromInline
        internal var nameEnd: UInt32
        @usableFromInline
        internal var valueStart: UInt32
        @usableFromInline
        internal var valueEnd: UInt32
        @usableFromInline
        internal var id: FieldName
        @usableFromInline
        internal var isNeverIndexed: Bool

        @usableFromInline
        internal init(
            nameStart: UInt32,
            nameEnd: UInt32,
            valueStart: UInt32,
            valueEnd: UInt32,
            id: FieldName,
            isNeverIndexed: Bool
        ) {
            self.nameStart = nameStart
            self.nameEnd = nameEnd
            self.valueStart = valueStart
            self.valueEnd = valueEnd
            self.id = id
            self.isNeverIndexed = isNeverIndexed
        }
    }
}

/// The names or the values of a ``FieldBlock``, borrowed from it.
///
/// Called rather than subscripted: `fields.value(at: index)`. A method of the block itself could not
/// be used on a block that is part of something else, because the compiler copies the block before
/// it calls a method, and a span cannot outlive the copy that it was borrowed from.
@frozen
public struct FieldTexts: ~Escapable {
    @usableFromInline
    internal let bytes: Span<UInt8>
    @usableFromInline
    internal let entries: Span<FieldBlock.Entry>
    @usableFromInline
    internal let areNames: Bool

    @inlinable
    @_lifetime(copy bytes, copy entries)
    internal init(bytes: Span<UInt8>, entries: Span<FieldBlock.Entry>, areNames: Bool) {
        self.bytes = bytes
        self.entries = entries
        self.areNames = areNames
    }

    /// The name or value of the field at `index`.
    @inlinable
    @_lifetime(copy self)
    public func callAsFunction(at index: Int) -> Span<UInt8> {
        let entry = entries[index]
        return areNames
            ? bytes.extracting(Int(entry.nameStart)..<Int(entry.nameEnd))
            : bytes.extracting(Int(entry.valueStart)..<Int(entry.valueEnd))
    }
}
