import Bytes
import HTTP
import Testing

/// RFC 6455 §5.2, followed without being judged.
@Suite("WebSocket frames")
struct WebSocketFollowerTests {
    /// A frame as an endpoint may write it.
    private struct Frame {
        var first: UInt8
        var payload: Int
        var isMasked = false
        /// How many bytes the length takes beside the seven bits: 0, 2 or 8.
        var lengthSize = 0

        var bytes: [UInt8] {
            let mask: UInt8 = isMasked ? 0x80 : 0
            var bytes = [first]
            switch lengthSize {
            case 0: bytes.append(mask | UInt8(payload))
            case 2: bytes += [mask | 126, UInt8(payload >> 8), UInt8(payload & 0xFF)]
            default:
                bytes.append(mask | 127)
                for shift in stride(from: 56, through: 0, by: -8) {
                    bytes.append(UInt8(payload >> shift & 0xFF))
                }
            }
            if isMasked { bytes += [0x88, 0x05, 0x88, 0x05] }
            // What looks like a Close is payload.
            for index in 0..<payload {
                bytes.append(index.isMultiple(of: 2) ? 0x88 : 0x00)
            }
            return bytes
        }
    }

    private static let frames: [Frame] = [
        Frame(first: 0x81, payload: 5),
        Frame(first: 0x82, payload: 0),
        Frame(first: 0x89, payload: 0, isMasked: true),
        Frame(first: 0x01, payload: 125, isMasked: true),
        Frame(first: 0x80, payload: 126, lengthSize: 2),
        // More bytes of length than needed, reserved bits and opcodes: for the endpoints to judge.
        Frame(first: 0xF3, payload: 3, lengthSize: 2),
        Frame(first: 0xC2, payload: 0, isMasked: true, lengthSize: 8),
        Frame(first: 0x8A, payload: 200, isMasked: true, lengthSize: 8),
        Frame(first: 0x88, payload: 2, isMasked: true),
    ]

    @Test("Boundaries are found wherever the bytes are cut")
    func cutAtEveryByte() {
        var all: [UInt8] = []
        var ends: Set<Int> = [0]
        for frame in Self.frames {
            all += frame.bytes
            ends.insert(all.count)
        }
        let end = all.count
        for cut in 0...end {
            var follower = WebSocketFollower()
            follower.follow(all.span.extracting(0..<cut))
            #expect(follower.isAtBoundary == (ends.contains(cut) && cut < end), "\(cut)")
            #expect(follower.isClosed == (cut == end) && !follower.isLost)
            let next = ends.filter { $0 >= cut }.min() ?? end
            let rest = all.span.extracting(cut...)
            #expect(follower.countToBoundary(in: rest) == next - cut, "\(cut)")
            follower.follow(rest)
            #expect(follower.isClosed)
        }
    }

    @Test("Byte by byte is as well as at once")
    func byteByByte() {
        var follower = WebSocketFollower()
        for frame in Self.frames {
            let bytes = frame.bytes
            #expect(follower.isAtBoundary)
            for index in bytes.indices {
                follower.follow(bytes.span.extracting(index..<(index + 1)))
                #expect(follower.isAtBoundary == (index == bytes.count - 1 && frame.first != 0x88))
            }
        }
        #expect(follower.isClosed)
    }

    @Test("Random frames, in random pieces", arguments: 0..<50)
    func random(seed: UInt64) {
        var random = Random(state: seed)
        var all: [UInt8] = []
        var ends: Set<Int> = [0]
        for _ in 0..<20 {
            let size = random.below(3) == 0 ? random.below(70_000) : random.below(125)
            var first = UInt8(random.below(256))
            if first & 0x0F == 8 { first ^= 1 }
            let isMasked = random.below(2) == 0
            let lengthSize = size < 126 ? [0, 2, 8][random.below(3)] : size < 65_536 ? 2 : 8
            all +=
                Frame(first: first, payload: size, isMasked: isMasked, lengthSize: lengthSize).bytes
            ends.insert(all.count)
        }
        var follower = WebSocketFollower()
        var index = 0
        while index < all.count {
            let count = min(all.count - index, 1 + random.below(random.below(2) == 0 ? 20 : 9_000))
            let rest = all.span.extracting(index...)
            let next = ends.filter { $0 >= index }.min() ?? all.count
            #expect(follower.countToBoundary(in: rest) == next - index)
            follower.follow(rest.extracting(0..<count))
            index += count
            #expect(follower.isAtBoundary == ends.contains(index))
        }
    }

    private struct Random {
        var state: UInt64

        /// splitmix64 (Steele, Lea and Flood).
        mutating func below(_ limit: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return Int((mixed ^ mixed >> 31) % UInt64(limit))
        }
    }

    @Test("The largest length is counted, and one beyond it is not")
    func lengths() {
        let largest: [UInt8] = [0x82, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255]
        var follower = WebSocketFollower()
        follower.follow(largest.span)
        #expect(!follower.isAtBoundary && !follower.isLost)
        #expect(follower.countToBoundary(in: largest.span) == largest.count)
        let beyond: [UInt8] = [0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]
        for cut in 0...beyond.count {
            follower = WebSocketFollower()
            follower.follow(beyond.span.extracting(0..<cut))
            #expect(follower.isLost == (cut >= 10))
            follower.follow(beyond.span.extracting(cut...))
            #expect(follower.isLost && !follower.isAtBoundary && !follower.isClosed)
            #expect(follower.countToBoundary(in: beyond.span) == beyond.count)
        }
    }

    @Test("Nothing after a Close is a frame")
    func afterClose() {
        var follower = WebSocketFollower()
        let bytes: [UInt8] = [0x88, 0x00, 0x81]
        follower.follow(bytes.span)
        #expect(follower.isClosed && !follower.isAtBoundary)
    }
}
