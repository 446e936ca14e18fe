import Bytes

/// Reads the frame heads of a connection ahead of libnghttp2, and counts what a peer may not do too
/// often.
///
/// libnghttp2 tells of no frame that it ignores, so what it costs to ignore them is counted here. Every
/// byte is passed, none is kept; the cost is that of the frame heads.
internal struct HTTP2FrameMeter {
    private var prefaceLeft: Int
    private var hasSettings = false
    private var head = InlineArray<9, UInt8>(repeating: 0)
    private var headFill = 0
    private var payloadLeft = 0
    /// Whether the next byte of payload is the pad length of a DATA frame that may hold nothing else.
    private var awaitsPadLength = false
    private var isInsideSettings = false
    private var isInsideBlock = false
    private var endsBlock = false
    private var continuationCount = 0
    private var blockSize = 0
    private let continuationCountMax: Int
    private let blockSizeMax: Int

    private var resets: HTTP2Bucket
    private var controlFrames: HTTP2Bucket
    private var windowUpdates: HTTP2Bucket
    private var emptyFrames: HTTP2Bucket
    private var windowCredit = 0
    private var answersOwed = 0

    internal init(limits: HTTP2Limits, isServer: Bool) {
        prefaceLeft = isServer ? 24 : 0
        // Eight as in libnghttp2, and one for each whole frame that a head at the limit fills.
        continuationCountMax = 8 + limits.head.size / 16_384
        blockSizeMax = limits.head.size * Self.bombFactor
        resets = HTTP2Bucket(limits.resets)
        controlFrames = HTTP2Bucket(limits.controlFrames)
        windowUpdates = HTTP2Bucket(limits.windowUpdates)
        emptyFrames = HTTP2Bucket(limits.emptyFrames)
    }

    /// Whether a head has begun and not ended, or the preface is not whole.
    internal var isInsideHead: Bool { !hasSettings || isInsideBlock || headFill > 0 }

    /// Passes over `bytes`.
    ///
    /// - Returns: The first flood, and how many of the bytes come before it.
    internal mutating func scan(
        _ bytes: Span<UInt8>,
        now: Int64
    ) -> (cause: HTTP2FloodCause, at: Int)? {
        var index = min(prefaceLeft, bytes.count)
        prefaceLeft -= index
        while index < bytes.count {
            if payloadLeft > 0 {
                if awaitsPadLength {
                    awaitsPadLength = false
                    if Int(bytes[index]) == payloadLeft - 1, !emptyFrames.take(now: now) {
                        return (.emptyFrames, index)
                    }
                }
                let step = min(payloadLeft, bytes.count - index)
                payloadLeft -= step
                index += step
                if payloadLeft == 0 {
                    frameEnded()
                }
                continue
            }
            let start = index
            while headFill < 9, index < bytes.count {
                head[headFill] = bytes[index]
                headFill += 1
                index += 1
            }
            guard headFill == 9 else { return nil }
            headFill = 0
            if let cause = frameBegan(now: now) {
                return (cause, start)
            }
            if payloadLeft == 0 {
                frameEnded()
            }
        }
        return nil
    }

    /// Notes a stream that we reset because of what the peer did.
    ///
    /// - Returns: Whether the budget allows it.
    internal mutating func resetCaused(now: Int64) -> Bool {
        resets.take(now: now)
    }

    /// Notes a DATA frame of ours, which explains two WINDOW_UPDATE frames: the stream's and the
    /// connection's.
    internal mutating func dataSent() {
        windowCredit = min(windowCredit + 2, Self.windowCreditMax)
    }

    /// Notes that an acknowledgement went out.
    internal mutating func answerSent() {
        answersOwed = max(0, answersOwed - 1)
    }

    private mutating func frameBegan(now: Int64) -> HTTP2FloodCause? {
        payloadLeft = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
        let type = head[3]
        let flags = head[4]
        switch type {
        case FrameType.data:
            return dataBegan(flags, now: now)
        case FrameType.headers, FrameType.pushPromise:
            isInsideBlock = true
            endsBlock = flags & 0x4 != 0
            continuationCount = 0
            blockSize = payloadLeft
            return nil
        case FrameType.continuation:
            endsBlock = flags & 0x4 != 0
            continuationCount += 1
            blockSize += payloadLeft
            return continuationCount > continuationCountMax || blockSize > blockSizeMax
                ? .continuation : nil
        case FrameType.reset:
            return resets.take(now: now) ? nil : .resets
        case FrameType.windowUpdate:
            if windowCredit > 0 {
                windowCredit -= 1
                return nil
            }
            return windowUpdates.take(now: now) ? nil : .windowUpdates
        case FrameType.settings, FrameType.ping:
            return questionBegan(type, isAnswer: flags & 0x1 != 0, now: now)
        default:
            return controlFrames.take(now: now) ? nil : .controlFrames
        }
    }

    private mutating func dataBegan(_ flags: UInt8, now: Int64) -> HTTP2FloodCause? {
        let isLast = flags & 0x1 != 0
        let isPadded = flags & 0x8 != 0
        guard !isLast else { return nil }
        if payloadLeft == 0 {
            return emptyFrames.take(now: now) ? nil : .emptyFrames
        }
        // Padding has at most 255 bytes, and its length one.
        awaitsPadLength = isPadded && payloadLeft <= 256
        return nil
    }

    private mutating func questionBegan(
        _ type: UInt8,
        isAnswer: Bool,
        now: Int64
    ) -> HTTP2FloodCause? {
        isInsideSettings = type == FrameType.settings && !isAnswer
        if !isAnswer {
            answersOwed += 1
            guard answersOwed <= Self.answersOwedMax else { return .outboundQueue }
        }
        return controlFrames.take(now: now) ? nil : .controlFrames
    }

    private mutating func frameEnded() {
        if isInsideSettings {
            isInsideSettings = false
            hasSettings = true
        }
        if isInsideBlock, endsBlock {
            isInsideBlock = false
        }
    }

    /// How far beyond the limit a head is decoded before its sender is taken for an attacker; short of
    /// that it is answered with 431.
    internal static let bombFactor = 4
    /// Chosen: no peer has so many PING and SETTINGS under way that it waits for, and libnghttp2 stops at
    /// ten times as many.
    internal static let answersOwedMax = 100
    /// Chosen: what a download of 1 GiB in full frames earns.
    private static let windowCreditMax = 131_072
}

extension HTTP2FrameMeter {
    /// The types of RFC 9113 §6 that are told apart.
    private enum FrameType {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
        static let pushPromise: UInt8 = 5
        static let ping: UInt8 = 6
        static let windowUpdate: UInt8 = 8
        static let continuation: UInt8 = 9
    }
}
