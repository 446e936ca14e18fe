import Bytes
import HTTP

/// Takes the fields of a head, whatever the wire writes them as.
protocol FieldSink: ~Copyable {
    mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>)
    mutating func add(_ name: StaticString, _ value: Span<UInt8>)
    mutating func add(_ name: StaticString, _ value: StaticString)
    /// Adds a field whose value never comes again, so that no wire spends memory on it.
    mutating func add(_ name: StaticString, unique value: Span<UInt8>)
}

extension FieldSink where Self: ~Copyable {
    mutating func add(_ name: StaticString, unique value: Span<UInt8>) {
        add(name, value)
    }
}

/// A buffer takes fields as HTTP/1.1 lines.
extension ByteBuffer: FieldSink {
    mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }

    mutating func add(_ name: StaticString, _ value: Span<UInt8>) {
        append(name)
        append(": ")
        append(value)
        append("\r\n")
    }

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
}
