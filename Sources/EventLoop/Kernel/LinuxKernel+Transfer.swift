public import Bytes
import CLinux
import Glibc

extension LinuxKernel {
    /// Reads at most `limit` bytes to the end of `buffer`, making room for as many.
    public func receive(
        _ descriptor: Int32,
        into buffer: inout ByteBuffer,
        atMost limit: Int
    ) -> IOOutcome {
        guard limit > 0 else { return .bytes(0) }
        var count = 0
        var code: Int32 = 0
        unsafe buffer.appendWritten(minimum: limit) { free in
            // SAFETY: `free` has room for `limit` bytes, and the call writes no more.
            count = retryingInterrupted { unsafe recv(descriptor, free.baseAddress, limit, 0) }
            code = errno
            return max(0, count)
        }
        if count > 0 {
            return .bytes(count)
        }
        return count == 0 ? .endOfStream : Self.outcome("recv", code)
    }

    /// Writes as many of `bytes` as go without waiting.
    public func send(_ descriptor: Int32, _ bytes: Span<UInt8>) -> IOOutcome {
        guard bytes.count > 0 else { return .bytes(0) }
        // SAFETY: the call reads the span's bytes before it returns.
        let count = unsafe bytes.withUnsafeBytes { source in
            retryingInterrupted {
                unsafe gatehouse_send(descriptor, source.baseAddress, source.count)
            }
        }
        return count >= 0 ? .bytes(count) : Self.outcome("send", errno)
    }

    /// Writes as many of both as go without waiting, in one call; the count is over both.
    public func send(
        _ descriptor: Int32,
        _ first: Span<UInt8>,
        _ second: Span<UInt8>
    ) -> IOOutcome {
        guard first.count > 0 else { return send(descriptor, second) }
        guard second.count > 0 else { return send(descriptor, first) }
        // SAFETY: the call reads both spans' bytes before it returns.
        let count = unsafe first.withUnsafeBytes { head in
            unsafe second.withUnsafeBytes { tail in
                retryingInterrupted {
                    unsafe gatehouse_send_two(
                        descriptor,
                        head.baseAddress,
                        head.count,
                        tail.baseAddress,
                        tail.count
                    )
                }
            }
        }
        return count >= 0 ? .bytes(count) : Self.outcome("sendmsg", errno)
    }

    private static func outcome(_ call: String, _ code: Int32) -> IOOutcome {
        code == EAGAIN || code == EWOULDBLOCK
            ? .wouldBlock
            : .failed(SystemFault(call: call, code: code))
    }
}
