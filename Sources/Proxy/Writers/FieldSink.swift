import Bytes

/// Takes the fields of a head, whatever the wire writes them as.
protocol FieldSink {
    func add(_ name: Span<UInt8>, _ value: Span<UInt8>)
    func add(_ name: StaticString, _ value: Span<UInt8>)
    func add(_ name: StaticString, _ value: StaticString)
}

/// Writes fields as HTTP/1.1 lines.
struct HTTP1FieldSink: FieldSink {
    let box: BufferBox

    func add(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        box.buffer.append(name)
        box.buffer.append(": ")
        box.buffer.append(value)
        box.buffer.append("\r\n")
    }

    func add(_ name: StaticString, _ value: Span<UInt8>) {
        box.buffer.append(name)
        box.buffer.append(": ")
        box.buffer.append(value)
        box.buffer.append("\r\n")
    }

    func add(_ name: StaticString, _ value: StaticString) {
        box.buffer.append(name)
        box.buffer.append(": ")
        box.buffer.append(value)
        box.buffer.append("\r\n")
    }
}
