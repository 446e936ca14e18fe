/// A growing run of bytes: appended at its end, consumed at its front, in one piece of memory.
///
/// The owner decides how large it may become: the buffer itself grows to whatever is appended, and
/// only when the free space at both ends together is too small. Consuming costs nothing; where the
/// free space at the front is needed, what is left moves down, at the cost of its length. Growing
/// doubles, so that appending alone is linear in the bytes appended.
@safe
public struct ByteBuffer: ~Copyable {
    // SAFETY: `base` points to `capacity` bytes that this value alone owns, from `init` to `deinit`;
    // `start <= end <= capacity` holds after every method, and bytes in `start..<end` are written.
    @usableFromInline
    internal var base: UnsafeMutablePointer<UInt8>
    @usableFromInline
    internal var start = 0
    @usableFromInline
    internal var end = 0
    /// How many bytes fit before the memory must grow.
    public private(set) var capacity: Int

    /// Makes an empty buffer that can take `capacity` bytes before it grows.
    public init(capacity: Int) {
        precondition(capacity > 0)
        unsafe base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        unsafe base.deallocate()
    }

    /// The number of bytes that were appended and not yet consumed.
    @inlinable
    public var count: Int { end - start }

    /// Whether nothing waits to be consumed.
    @inlinable
    public var isEmpty: Bool { start == end }

    /// The bytes that wait to be consumed, oldest first.
    @inlinable
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span<UInt8>(_unsafeStart: base + start, count: end - start)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Appends a copy of `bytes`.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        let added = bytes.count
        guard added > 0 else { return }
        reserve(added)
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            unsafe (base + end).update(from: first, count: added)
        }
        end += added
    }

    /// Appends one byte.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe base[end] = byte
        end += 1
    }

    /// Appends the UTF-8 bytes of a literal.
    ///
    /// Always part of its caller, where the length is known: then the copy is a store or two.
    @inlinable
    @inline(__always)
    public mutating func append(_ literal: StaticString) {
        let added = literal.utf8CodeUnitCount
        guard added > 0 else { return }
        reserve(added)
        unsafe (base + end).update(from: literal.utf8Start, count: added)
        end += added
    }

    /// Appends the UTF-8 bytes of `text`.
    ///
    /// For people's texts: not for the path of a request. Labelled, because a literal would be taken
    /// for a `String` before a `StaticString`.
    public mutating func append(text: String) {
        var copy = text
        copy.withUTF8 { utf8 in
            unsafe append(utf8.span)
        }
    }

    /// Appends `number`, of at most 64 bits, in decimal digits.
    @inlinable
    public mutating func append(decimal number: some BinaryInteger) {
        if number < 0 {
            append(UInt8(ascii: "-"))
        }
        appendDigits(UInt64(number.magnitude))
    }

    @usableFromInline
    internal mutating func appendDigits(_ number: UInt64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var index = digits.count
        var rest = number
        repeat {
            index -= 1
            digits[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(digits.span.extracting(index..<digits.count))
    }

    /// Moves the oldest `count` bytes behind those of another buffer.
    ///
    /// - Returns: How many are left here.
    public mutating func move(_ count: Int, to other: inout ByteBuffer) -> Int {
        other.append(bytes.extracting(0..<count))
        consume(count)
        return self.count
    }

    /// Forgets the oldest `count` bytes.
    @inlinable
    public mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Forgets everything, and keeps the memory.
    @inlinable
    public mutating func clear() {
        start = 0
        end = 0
    }

    /// Gives memory back, down to `capacity` bytes, where what waits fits into that.
    ///
    /// For connections that fall idle after a burst.
    public mutating func shrink(toCapacity capacity: Int) {
        precondition(capacity > 0)
        let held = count
        guard capacity < self.capacity, held <= capacity else { return }
        move(toCapacity: capacity)
    }

    /// Forgets the newest bytes, so that `count` remain.
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        end = start + count
    }

    /// Replaces one byte, counted from the oldest.
    ///
    /// For filling in a length that was not yet known.
    public mutating func replaceByte(at index: Int, with byte: UInt8) {
        precondition(index >= 0 && index < count)
        unsafe base[start + index] = byte
    }

    /// How many bytes can be appended without moving or growing.
    @inlinable
    public var freeSpace: Int { capacity - end }

    /// Makes sure that `count` more bytes fit.
    @inlinable
    public mutating func reserve(_ count: Int) {
        if capacity - end < count {
            makeRoom(count)
        }
    }

    /// Lets `fill` write into the free space, at least `minimum` bytes of it, and appends what it
    /// says that it wrote.
    ///
    /// - Parameters:
    ///   - minimum: At least so many bytes of free space are given.
    ///   - fill: Gets the free space; returns how many bytes at its front it has written.
    /// - Returns: What `fill` returned.
    @inlinable
    @discardableResult
    public mutating func appendWritten(
        minimum: Int,
        _ fill: (UnsafeMutableRawBufferPointer) -> Int
    ) -> Int {
        reserve(minimum)
        let free = capacity - end
        let written = unsafe fill(UnsafeMutableRawBufferPointer(start: base + end, count: free))
        precondition(written >= 0 && written <= free)
        end += written
        return written
    }

    @usableFromInline
    internal mutating func makeRoom(_ needed: Int) {
        let held = count
        if start > 0, capacity - held >= needed {
            unsafe base.update(from: base + start, count: held)
        } else {
            var larger = capacity
            while larger - held < needed {
                larger *= 2
            }
            move(toCapacity: larger)
        }
        start = 0
        end = held
    }

    /// Moves what waits to the front of new memory.
    private mutating func move(toCapacity newCapacity: Int) {
        let held = count
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
        unsafe moved.update(from: base + start, count: held)
        unsafe base.deallocate()
        unsafe base = unsafe moved
        capacity = newCapacity
        start = 0
        end = held
    }
}
