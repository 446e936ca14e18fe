import Bytes

/// Follows the frames of one direction of a WebSocket through bytes that are cut anywhere (RFC 6455
/// §5.2).
///
/// It says where a frame of somebody else may be put between two, and whether a Close has passed. It
/// reads the heads of frames, at most 14 bytes of each, and passes over payloads by their count.
///
/// Nothing is refused: what the two endpoints make of reserved bits, unknown opcodes, masks and
/// lengths in more bytes than they need is theirs. Only a length that is none (RFC 6455 §5.2: the top
/// bit of 64 must be 0) cannot be followed: from there on no boundary is known.
public struct WebSocketFollower: Sendable {
    private var place = Place.start
    private var isClose = false
    private var isMasked = false
    /// The length as far as it was read; then the bytes that are left, masking key included.
    private var remaining: UInt64 = 0

    /// Where the bytes so far end.
    private enum Place: Equatable {
        /// Between two frames. -> length
        case start
        /// Behind the first byte of a frame. -> extended, payload, start, closed
        case length
        /// So many bytes of the length are still to come. -> payload, start, closed, lost
        case extended(left: Int)
        /// -> start, closed
        case payload
        /// Behind a Close, which is the last frame of its direction (RFC 6455 §5.5.1).
        case closed
        /// Behind a length that cannot be counted.
        case lost
    }

    /// Begins between two frames.
    public init() {}

    /// Whether the bytes so far end between two frames, so that a frame may be put there.
    ///
    /// A control frame may: also between the parts of a message (RFC 6455 §5.4).
    public var isAtBoundary: Bool { place == .start }

    /// Whether a whole Close has passed: nothing may follow it in this direction.
    public var isClosed: Bool { place == .closed }

    /// Whether frames can no longer be told apart.
    public var isLost: Bool { place == .lost }

    /// Follows bytes that have passed.
    public mutating func follow(_ bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count {
            index = step(bytes, from: index)
        }
    }

    /// How many of these bytes, which come next, belong to the frame that is under way.
    ///
    /// - Returns: None between two frames; all where the frame does not end in them.
    public func countToBoundary(in bytes: Span<UInt8>) -> Int {
        var copy = self
        var index = 0
        while index < bytes.count, !copy.isAtBoundary {
            index = copy.step(bytes, from: index)
        }
        return index
    }

    /// - Returns: The first place that was not looked at.
    private mutating func step(_ bytes: Span<UInt8>, from index: Int) -> Int {
        switch place {
        case .start:
            isClose = bytes[index] & 0x0F == Self.closeOpcode
            place = .length
            return index + 1
        case .length:
            readLength(bytes[index])
            return index + 1
        case .extended(let left):
            remaining = remaining << 8 | UInt64(bytes[index])
            if left > 1 {
                place = .extended(left: left - 1)
            } else {
                beginPayload()
            }
            return index + 1
        case .payload:
            let count = Int(min(remaining, UInt64(bytes.count - index)))
            remaining -= UInt64(count)
            if remaining == 0 {
                endFrame()
            }
            return index + count
        case .closed, .lost:
            return bytes.count
        }
    }

    private mutating func readLength(_ byte: UInt8) {
        isMasked = byte & 0x80 != 0
        remaining = 0
        switch byte & 0x7F {
        case 126: place = .extended(left: 2)
        case 127: place = .extended(left: 8)
        case let length:
            remaining = UInt64(length)
            beginPayload()
        }
    }

    private mutating func beginPayload() {
        guard remaining <= UInt64(Int64.max) else {
            place = .lost
            return
        }
        if isMasked {
            remaining += 4
        }
        if remaining == 0 {
            endFrame()
        } else {
            place = .payload
        }
    }

    private mutating func endFrame() {
        place = isClose ? .closed : .start
    }

    /// RFC 6455 §5.5.1.
    private static let closeOpcode: UInt8 = 0x8
}
