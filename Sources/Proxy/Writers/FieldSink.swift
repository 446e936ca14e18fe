import Bytes
import HTTP

/// Takes the fields of a head, whatever the wire writes them as.
protocol FieldSink: ~Copyable {
    mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>)
    mutating func add(_ name: StaticString, _ value: Span<UInt8>)
    mutating func add(_ name: StaticString, _ value: StaticString)
    /// Adds a field whose value never comes again, so that no wire spends memory on it.
    mutating func add(_ name: StaticString, unique value: Span<UInt8>)
    /// Adds a field that no hop may put into a table where its value could be guessed (RFC 7541
    /// §7.1.3), where the wire knows of such a thing.
    mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>, isNeverIndexed: Bool)
    /// Begins a field whose value is told in parts: by `append`, and then ``end(isUnique:)``.
    mutating func begin(_ name: StaticString)
    mutating func append(_ part: Span<UInt8>)
    mutating func append(_ part: StaticString)
    mutating func append(hex number: UInt64)
    /// Ends a field that was begun; one that is unique has a value that never comes again.
    mutating func end(isUnique: Bool)
    /// Adds the fields that stand in lines of HTTP/1.1, each ended by CRLF, in strict form.
    mutating func add(lines: Span<UInt8>)
}

extension FieldSink where Self: ~Copyable {
    mutating func add(_ name: StaticString, unique value: Span<UInt8>) {
        add(name, value)
    }

    mutating func add(lines: Span<UInt8>) {
        var start = 0
        while let colon = lines.firstIndex(of: UInt8(ascii: ":"), from: start),
            let end = lines.firstIndex(of: 0x0D, from: colon)
        {
            add(lines.extracting(start..<colon), lines.extracting((colon + 2)..<end))
            start = end + 2
        }
    }
}

/// A buffer takes fields as HTTP/1.1 lines.
///
/// Always part of the caller where a name is a literal: its copy is then a store or two.
extension ByteBuffer: FieldSink {
    @inline(__always)
    mutating func begin(_ name: StaticString) {
        append(name)
        append(": ")
    }

    mutating func end(isUnique: Bool) {
        append("\r\n")
    }

    mutating func add(lines: Span<UInt8>) {
        append(lines)
    }

    mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>, isNeverIndexed: Bool) {
        add(name, value)
    }

    mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }

    @inline(__always)
    mutating func add(_ name: StaticString, _ value: Span<UInt8>) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }

    @inline(__always)
    mutating func add(_ name: StaticString, _ value: StaticString) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }
}

/// A list takes fields as HTTP/2 codes them.
extension HTTP2FieldList: FieldSink {
    mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        add(name, value, isNeverIndexed: false)
    }

    mutating func add(_ name: StaticString, unique value: Span<UInt8>) {
        add(name, value, isNeverIndexed: true)
    }

    mutating func end(isUnique: Bool) {
        end(isNeverIndexed: isUnique)
    }
}
