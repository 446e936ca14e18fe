import Outbound

extension OutboundLimits {
    /// Fetches of key sets: a few issuers, each with one fetch in flight.
    static let keySets = OutboundLimits(
        concurrencyMax: 64,
        queueMax: 256,
        connectTimeout: .seconds(5),
        responseHeadSizeMax: 64 * 1024,
        idleConnectionMax: 8
    )

    /// Checks of upstream servers: their hung ones must not keep key sets waiting, so they have a
    /// client of their own.
    static let healthChecks = OutboundLimits(
        concurrencyMax: 256,
        queueMax: 1024,
        connectTimeout: .seconds(5),
        responseHeadSizeMax: 64 * 1024,
        idleConnectionMax: 0
    )

    /// Sign-ins at providers, in an hour of many: one that hangs fills the half of what the
    /// authorization server answers at once, for the few seconds until its calls end, and no more.
    static let providers = OutboundLimits(
        concurrencyMax: 256,
        queueMax: 256,
        connectTimeout: .seconds(5),
        responseHeadSizeMax: 64 * 1024,
        idleConnectionMax: 32
    )

    /// The demo's sample application, with one person in front of it.
    static let sample = OutboundLimits(
        concurrencyMax: 8,
        queueMax: 32,
        connectTimeout: .seconds(5),
        responseHeadSizeMax: 64 * 1024,
        idleConnectionMax: 2
    )
}
