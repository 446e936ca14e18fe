/// How often something is allowed: so many at once, and so many a second for ever.
public struct HTTP2Budget: Sendable, Equatable {
    /// The most at once.
    public var burst: Int
    /// How many are forgiven each second.
    public var perSecond: Int

    /// Names both.
    public init(burst: Int, perSecond: Int) {
        self.burst = burst
        self.perSecond = perSecond
    }
}

/// How much one connection of HTTP/2 may ask for.
public struct HTTP2Limits: Sendable, Equatable {
    /// The bounds of a head: bytes (431), fields (431), bytes of the path (414).
    ///
    /// A field counts as its name, its value and four bytes, as in HTTP/1; the crumbs of a cookie count
    /// as one field.
    public var head: HeadLimits
    /// The most streams at a time (SETTINGS_MAX_CONCURRENT_STREAMS).
    public var streamCount: Int
    /// How many bytes a stream takes in before some are consumed (SETTINGS_INITIAL_WINDOW_SIZE).
    public var streamWindow: Int
    /// How many bytes all streams together take in before some are consumed.
    public var connectionWindow: Int
    /// Streams that the peer resets, or makes us reset.
    public var resets: HTTP2Budget
    /// SETTINGS, PING, PRIORITY, PRIORITY_UPDATE, GOAWAY and frames of unknown types.
    public var controlFrames: HTTP2Budget
    /// WINDOW_UPDATE frames beyond two for each DATA frame that we have sent.
    public var windowUpdates: HTTP2Budget
    /// DATA frames without data that do not end their stream.
    public var emptyFrames: HTTP2Budget

    /// Names all of them; there are no defaults here.
    public init(
        head: HeadLimits,
        streamCount: Int,
        streamWindow: Int,
        connectionWindow: Int,
        resets: HTTP2Budget,
        controlFrames: HTTP2Budget,
        windowUpdates: HTTP2Budget,
        emptyFrames: HTTP2Budget
    ) {
        self.head = head
        self.streamCount = streamCount
        self.streamWindow = streamWindow
        self.connectionWindow = connectionWindow
        self.resets = resets
        self.controlFrames = controlFrames
        self.windowUpdates = windowUpdates
        self.emptyFrames = emptyFrames
    }
}
