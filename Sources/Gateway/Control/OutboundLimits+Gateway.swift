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
}
