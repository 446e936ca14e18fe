public import Bytes

/// A socket with exactly one owner: closed when the owner goes away, and only then.
///
/// Deregister it from its loop first. The raw ``descriptor`` is a loan: it must not outlive the
/// owner.
public struct Socket: ~Copyable {
    /// The number, for the loop's registration and for TLS.
    public let descriptor: Int32
    private let kernel: any Kernel

    /// Takes ownership of `descriptor`, which came from `kernel`.
    public init(descriptor: Int32, kernel: any Kernel) {
        self.descriptor = descriptor
        self.kernel = kernel
    }

    deinit {
        kernel.close(descriptor)
    }

    /// Reads at most `limit` bytes to the end of `buffer`, making room for as many.
    public func receive(into buffer: inout ByteBuffer, atMost limit: Int) -> IOOutcome {
        kernel.receive(descriptor, into: &buffer, atMost: limit)
    }

    /// Writes as many of `bytes` as go without waiting.
    public func send(_ bytes: Span<UInt8>) -> IOOutcome {
        kernel.send(descriptor, bytes)
    }

    /// Writes as many of both as go without waiting, in one call; the count is over both.
    public func send(_ first: Span<UInt8>, _ second: Span<UInt8>) -> IOOutcome {
        kernel.send(descriptor, first, second)
    }

    /// Tells the peer that no more bytes follow.
    public func shutdownSending() {
        kernel.shutdownSending(descriptor)
    }
}
