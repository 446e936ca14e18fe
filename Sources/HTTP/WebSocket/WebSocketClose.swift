import Bytes

/// A Close frame as either endpoint would write it (RFC 6455 §5.5.1).
public struct WebSocketClose: Sendable {
    /// The status code.
    public var code: UInt16
    /// The reason: UTF-8, at most 123 bytes, because a control frame has 125 at most.
    public var reason: StaticString

    /// The endpoint has said or done what is not allowed here (RFC 6455 §7.4.1).
    public static let policyViolation: UInt16 = 1008

    /// Names both.
    public init(code: UInt16, reason: StaticString) {
        precondition(reason.utf8CodeUnitCount <= 123)
        self.code = code
        self.reason = reason
    }

    /// The frame as a server sends it: without a mask (RFC 6455 §5.1).
    public func serverFrame() -> [UInt8] {
        var frame = [0x88, UInt8(2 + reason.utf8CodeUnitCount)]
        appendPayload(to: &frame)
        return frame
    }

    /// The frame as a client sends it: masked with a key that is fresh from the system's generator,
    /// so that nobody can foresee it (RFC 6455 §5.3).
    public func clientFrame(maskingKey: UInt32) -> [UInt8] {
        var frame = [0x88, 0x80 | UInt8(2 + reason.utf8CodeUnitCount)]
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            frame.append(UInt8(truncatingIfNeeded: maskingKey >> shift))
        }
        let start = frame.count
        appendPayload(to: &frame)
        for index in start..<frame.count {
            frame[index] ^= frame[2 + (index - start) % 4]
        }
        return frame
    }

    private func appendPayload(to frame: inout [UInt8]) {
        frame.append(UInt8(truncatingIfNeeded: code >> 8))
        frame.append(UInt8(truncatingIfNeeded: code))
        frame.append(reason)
    }
}
