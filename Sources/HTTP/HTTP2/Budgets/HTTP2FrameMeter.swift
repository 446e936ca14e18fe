import Bytes

/// Reads the frame heads of a connection ahead of libnghttp2, and counts what a peer may not do too
/// often.
///
/// libnghttp2 tells of no frame that it ignores, so what it costs to ignore them is counted here, and
/// what it should not ignore is refused. Every byte is passed, none is kept; the cost is that of the
/// frame heads.
internal struct HTTP2FrameMeter {
    private var prefaceLeft: Int
    private var hasSettings = false
    private var head = InlineArray<9, UInt8>(repeating: 0)
    private var headFill = 0
    private var payloadLeft = 0
    /// What the first bytes of the payload are looked at for.
    private var probe = Probe.none
    private var probed: UInt32 = 0
    private var probeLeft = 0
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

    private let isServer: Bool
    private var streamNumbers = HTTP2StreamNumbers()
    /// How many streams may still begin before ``scan(_:now:)`` stops.
    internal var streamRoom = Int.max

    internal init(limits: HTTP2Limits, isServer: Bool) {
        self.isServer = isServer
        prefaceLeft = isServer ? 24 : 0
        continuationCountMax = Self.continuationCountMax(limits.head)
        blockSizeMax = limits.head.size * Self.bombFactor
        resets = HTTP2Bucket(limits.resets)
        controlFrames = HTTP2Bucket(limits.controlFrames)
        windowUpdates = HTTP2Bucket(limits.windowUpdates)
        emptyFrames = HTTP2Bucket(limits.emptyFrames)
    }

    /// Whether a head has begun and not ended, or the preface is not whole.
    internal var isInsideHead: Bool { !hasSettings || isInsideBlock || headFill > 0 }

    /// Why a scan has stopped.
    internal enum Stop {
        /// The connection must end here.
        case fault(HTTP2Fault)
        /// A stream begins for which there is no room; to be scanned again once there is.
        case noRoom
    }

    /// Passes over `bytes`.
    ///
    /// - Returns: Where it stopped before their end, and why.
    internal mutating func scan(_ bytes: Span<UInt8>, now: Int64) -> (stop: Stop, at: Int)? {
        var index = min(prefaceLeft, bytes.count)
        prefaceLeft -= index
        while index < bytes.count {
            if payloadLeft > 0 {
                if probeLeft > 0 {
                    probed = probed << 8 | UInt32(bytes[index])
                    probeLeft -= 1
                    if probeLeft == 0, let fault = probeEnded(now: now) {
                        return (.fault(fault), index)
                    }
                    payloadLeft -= 1
                    index += 1
                    if payloadLeft == 0 {
                        frameEnded()
                    }
                    continue
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
            if beginsStream, streamRoom <= 0 {
                headFill -= index - start
                return (.noRoom, start)
            }
            headFill = 0
            if let fault = frameBegan(now: now) {
                return (.fault(fault), start)
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

    /// The stream that the head of the frame names.
    private var stream: UInt32 {
        UInt32(head[5] & 0x7F) << 24 | UInt32(head[6]) << 16 | UInt32(head[7]) << 8
            | UInt32(head[8])
    }

    /// Whether the head of the frame begins a stream of the client's.
    private var beginsStream: Bool {
        isServer && head[3] == FrameType.headers && streamNumbers.meaning(of: stream) == .new
    }

    private mutating func frameBegan(now: Int64) -> HTTP2Fault? {
        payloadLeft = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
        probeLeft = 0
        // Which libnghttp2 does not hold CONTINUATION to (RFC 9113 §4.2).
        guard payloadLeft <= Self.frameSizeMax else { return .closed(.frameSizeError) }
        let flags = head[4]
        switch head[3] {
        case FrameType.data:
            return dataBegan(flags, now: now)
        case FrameType.headers, FrameType.pushPromise:
            guard streamNamed() else { return .closed(.protocolError) }
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
                ? .flooded(.continuation) : nil
        case FrameType.reset:
            return resets.take(now: now) ? nil : .flooded(.resets)
        case FrameType.windowUpdate:
            if windowCredit > 0 {
                windowCredit -= 1
                return nil
            }
            return windowUpdates.take(now: now) ? nil : .flooded(.windowUpdates)
        default:
            return controlBegan(flags, now: now)
        }
    }

    /// Notes the stream of a head.
    ///
    /// - Returns: Whether it may stand there: libnghttp2 ignores numbers that were passed over
    ///   (RFC 9113 §5.1.1).
    private mutating func streamNamed() -> Bool {
        guard isServer, head[3] == FrameType.headers else { return true }
        switch streamNumbers.meaning(of: stream) {
        case .new:
            streamNumbers.begin(stream)
            streamRoom -= 1
            return true
        case .skipped: return false
        case .used: return true
        }
    }

    private mutating func dataBegan(_ flags: UInt8, now: Int64) -> HTTP2Fault? {
        let isLast = flags & 0x1 != 0
        let isPadded = flags & 0x8 != 0
        guard !isLast else { return nil }
        if payloadLeft == 0 {
            return emptyFrames.take(now: now) ? nil : .flooded(.emptyFrames)
        }
        // Padding has at most 255 bytes, and its length one.
        if isPadded, payloadLeft <= 256 {
            begin(.padLength, size: 1)
        }
        return nil
    }

    private mutating func controlBegan(_ flags: UInt8, now: Int64) -> HTTP2Fault? {
        let type = head[3]
        let isAnswer = flags & 0x1 != 0
        switch type {
        case FrameType.settings, FrameType.ping:
            isInsideSettings = type == FrameType.settings && !isAnswer
            // One that is no multiple of six is libnghttp2's to judge.
            if isInsideSettings, payloadLeft > 6 * Self.settingsCountMax, payloadLeft % 6 == 0 {
                return .flooded(.controlFrames)
            }
            if !isAnswer {
                answersOwed += 1
                guard answersOwed <= Self.answersOwedMax else { return .flooded(.outboundQueue) }
            }
        case FrameType.priority:
            // Ignored by libnghttp2 on every stream, and on none it may not stand (RFC 9113 §6.3).
            guard stream != 0 else { return .closed(.protocolError) }
        case FrameType.priorityUpdate:
            begin(.prioritizedStream, size: payloadLeft < 4 ? 0 : 4)
        default:
            break
        }
        return controlFrames.take(now: now) ? nil : .flooded(.controlFrames)
    }

    private mutating func begin(_ probe: Probe, size: Int) {
        self.probe = probe
        probed = 0
        probeLeft = size
    }

    private mutating func probeEnded(now: Int64) -> HTTP2Fault? {
        switch probe {
        case .none:
            return nil
        case .padLength:
            // The byte of the length is still counted as payload.
            let isEmpty = Int(probed) == payloadLeft - 1
            return isEmpty && !emptyFrames.take(now: now) ? .flooded(.emptyFrames) : nil
        case .prioritizedStream:
            // RFC 9218 §7.1; libnghttp2 ignores it.
            return probed & 0x7FFF_FFFF == 0 ? .closed(.protocolError) : nil
        }
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

    /// The most CONTINUATION frames of one head: eight as in libnghttp2, and one for each whole frame
    /// that a head at the limit fills.
    internal static func continuationCountMax(_ limits: HeadLimits) -> Int {
        8 + limits.size / 16_384
    }

    /// How far beyond the limit a head is decoded before its sender is taken for an attacker; short of
    /// that it is answered with 431.
    internal static let bombFactor = 4
    /// SETTINGS_MAX_FRAME_SIZE, which we leave as it is: the least that is allowed (RFC 9113 §6.5.2).
    private static let frameSizeMax = 16_384
    /// Entries of a SETTINGS frame: libnghttp2's own default, and nine are defined.
    internal static let settingsCountMax = 32
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
        static let priority: UInt8 = 2
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
        static let pushPromise: UInt8 = 5
        static let ping: UInt8 = 6
        static let windowUpdate: UInt8 = 8
        static let continuation: UInt8 = 9
        static let priorityUpdate: UInt8 = 16
    }

    /// What is read of a payload.
    private enum Probe {
        case none
        /// Of a DATA frame that may hold nothing but padding.
        case padLength
        /// The stream that a PRIORITY_UPDATE speaks of.
        case prioritizedStream
    }
}
