import Bytes

/// What one exchange did: filled in while it happens, written as one line when it ends.
///
/// Reused from exchange to exchange: ``reset()`` keeps the memory, so that in the steady state
/// nothing is allocated. Texts are copied into one block at once and cut to
/// ``RecordKey/textSizeMax``; a key that is set again holds what was set last. Fields that were not
/// set are not written.
public struct AccessRecord: ~Copyable {
    /// All texts, one behind the other.
    private var texts: ByteBuffer
    /// A number, a flag, or where a text lies: offset in the upper half, length in the lower.
    ///
    /// Read by its span, because a subscript copies all of an inline array.
    private var words = InlineArray<32, UInt64>(repeating: 0)
    /// The keys that hold a text, a number, a flag.
    internal private(set) var textBits: UInt32 = 0
    internal private(set) var numberBits: UInt32 = 0
    internal private(set) var flagBits: UInt32 = 0
    /// The texts that came from literals of ours and need no look for letters to escape.
    internal private(set) var literalBits: UInt32 = 0

    /// Makes an empty record.
    public init() {
        // 512: the texts of an ordinary request with a token fit.
        texts = ByteBuffer(capacity: 512)
    }

    /// Forgets every field, and keeps the memory.
    public mutating func reset() {
        texts.clear()
        textBits = 0
        numberBits = 0
        flagBits = 0
        literalBits = 0
    }

    /// Sets a text, which may hold any bytes whatever.
    public mutating func set(_ key: RecordKey, _ bytes: Span<UInt8>) {
        forget(key)
        let offset = texts.count
        let limit = key.textSizeMax
        if bytes.count <= limit {
            texts.append(bytes)
        } else {
            appendCut(bytes, limit: limit)
        }
        store(key, offset: offset, length: texts.count - offset)
        textBits |= key.bit
    }

    /// Sets a text that stands in the source: letters, digits and marks that JSON need not escape.
    public mutating func set(_ key: RecordKey, literal: StaticString) {
        forget(key)
        let offset = texts.count
        texts.append(literal)
        store(key, offset: offset, length: texts.count - offset)
        textBits |= key.bit
        literalBits |= key.bit
    }

    /// Sets a number: a count of bytes, a status, or nanoseconds where the key is a time.
    public mutating func set(_ key: RecordKey, number: Int64) {
        forget(key)
        words[Int(key.rawValue)] = UInt64(bitPattern: number)
        numberBits |= key.bit
    }

    /// Sets a flag.
    public mutating func set(_ key: RecordKey, flag: Bool) {
        forget(key)
        words[Int(key.rawValue)] = flag ? 1 : 0
        flagBits |= key.bit
    }

    /// Adds bytes to the text of a key, such as a query to a path, up to its limit.
    ///
    /// Cheap while no other text was set since; otherwise the text moves to the end of the block.
    public mutating func append(_ key: RecordKey, _ bytes: Span<UInt8>) {
        guard textBits & key.bit != 0 else { return set(key, bytes) }
        let (offset, length) = place(of: key)
        let room = key.textSizeMax - length
        guard room >= 0, bytes.count > 0 else { return }
        var start = offset
        if offset + length != texts.count {
            start = texts.count
            moveToEnd(offset: offset, length: length)
        }
        appendCut(bytes, limit: room)
        store(key, offset: start, length: texts.count - start)
        literalBits &= ~key.bit
    }

    /// Whether a key was set.
    public func holds(_ key: RecordKey) -> Bool {
        presentBits & key.bit != 0
    }

    /// The number that was set for a key, or `nil`.
    public func number(_ key: RecordKey) -> Int64? {
        guard numberBits & key.bit != 0 else { return nil }
        return Int64(bitPattern: words.span[Int(key.rawValue)])
    }

    /// The text that was set for a key, empty when none was.
    @_lifetime(borrow self)
    public func text(_ key: RecordKey) -> Span<UInt8> {
        guard textBits & key.bit != 0 else { return texts.bytes.extracting(0..<0) }
        let (offset, length) = place(of: key)
        return texts.bytes.extracting(offset..<offset + length)
    }

    /// Whether the identity fields were proven by a signature.
    internal var isVerified: Bool {
        flagBits & RecordKey.verified.bit != 0 && words.span[Int(RecordKey.verified.rawValue)] != 0
    }

    /// The keys that hold anything.
    internal var presentBits: UInt32 { textBits | numberBits | flagBits }

    /// The word of a key whose bit is set in one of the masks.
    internal func word(_ index: Int) -> UInt64 { words.span[index] }

    /// The text whose place a word is.
    @_lifetime(borrow self)
    internal func text(at place: UInt64) -> Span<UInt8> {
        let offset = Int(truncatingIfNeeded: place >> 32)
        let length = Int(truncatingIfNeeded: place & 0xFFFF_FFFF)
        return texts.bytes.extracting(offset..<offset + length)
    }

    private mutating func forget(_ key: RecordKey) {
        let others = ~key.bit
        textBits &= others
        numberBits &= others
        flagBits &= others
        literalBits &= others
    }

    private mutating func store(_ key: RecordKey, offset: Int, length: Int) {
        words[Int(key.rawValue)] = UInt64(offset) << 32 | UInt64(length)
    }

    private func place(of key: RecordKey) -> (offset: Int, length: Int) {
        let word = words.span[Int(key.rawValue)]
        return (Int(word >> 32), Int(word & 0xFFFF_FFFF))
    }

    /// Appends what fits of `bytes`; where something is cut off, an ellipsis follows, and no letter
    /// is cut in two.
    private mutating func appendCut(_ bytes: Span<UInt8>, limit: Int) {
        guard bytes.count > limit else { return texts.append(bytes) }
        var end = limit
        while end > 0, limit - end < 4, bytes[end] & 0xC0 == 0x80 {
            end -= 1
        }
        texts.append(bytes.extracting(0..<end))
        texts.append("\u{2026}")
    }

    /// Copies a text behind all others.
    ///
    /// Byte by byte: it happens when a caller goes back to a key that it had left, which none of
    /// ours does on a good day.
    private mutating func moveToEnd(offset: Int, length: Int) {
        texts.reserve(length)
        for index in offset..<offset + length {
            let byte = texts.bytes[index]
            texts.append(byte)
        }
    }
}
