import Configuration
import HTTP

/// The bounds of the conf, as the machines of each wire take them.
extension Worker {
    /// The bounds of a request head.
    var requestLimits: HeadLimits {
        let limits = snapshot.settings.limits
        return HeadLimits(
            size: limits.requestHeadSize,
            fieldCount: limits.requestFieldCount,
            targetSize: limits.requestTargetSize
        )
    }

    /// The bounds of a response head.
    var responseLimits: HeadLimits {
        let limits = snapshot.settings.limits
        return HeadLimits(
            size: limits.responseHeadSize,
            fieldCount: limits.requestFieldCount,
            targetSize: limits.requestTargetSize
        )
    }

    /// The bounds of an HTTP/2 connection of a peer.
    var http2Limits: HTTP2Limits {
        let limits = snapshot.settings.limits
        return HTTP2Limits(
            head: requestLimits,
            streamCount: limits.http2StreamCount,
            streamWindow: limits.http2StreamWindow,
            connectionWindow: limits.http2ConnectionWindow,
            resets: HTTP2Budget(limits.http2Budgets.resets),
            controlFrames: HTTP2Budget(limits.http2Budgets.controlFrames),
            windowUpdates: HTTP2Budget(limits.http2Budgets.windowUpdates),
            emptyFrames: HTTP2Budget(limits.http2Budgets.emptyFrames)
        )
    }
}

extension HTTP2Budget {
    /// A budget as the conf says it.
    init(_ settings: RateSettings) {
        self.init(burst: settings.burst, perSecond: settings.perSecond)
    }
}
