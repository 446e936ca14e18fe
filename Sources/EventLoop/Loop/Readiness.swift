/// What a descriptor is ready for, or what has become of it: several may hold at once.
///
/// Read before acting on ``hungUp`` or ``failed``: neither means that the bytes received before
/// were read.
public struct Readiness: OptionSet, Hashable, Sendable {
    /// The members as bits.
    public let rawValue: UInt8

    /// Makes the set from its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// A read moves bytes, or says that there will be none.
    public static let readable = Readiness(rawValue: 1)
    /// A write moves bytes, or a connection that was being made is decided.
    public static let writable = Readiness(rawValue: 2)
    /// The peer will send no more after what is readable now; it may still listen.
    ///
    /// Told to those interested in reading.
    public static let peerFinished = Readiness(rawValue: 4)
    /// Both directions are over.
    ///
    /// Told whatever the interest is, once to those that have none.
    public static let hungUp = Readiness(rawValue: 8)
    /// The connection broke; ``Kernel/connectFault(_:)`` or the next read says how.
    ///
    /// Told whatever the interest is, once to those that have none.
    public static let failed = Readiness(rawValue: 16)
}

/// What a handler wants to be told of its descriptor.
public struct Interest: OptionSet, Hashable, Sendable {
    /// The members as bits.
    public let rawValue: UInt8

    /// Makes the set from its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// That a read would move bytes, or that the peer has finished.
    public static let readable = Interest(rawValue: 1)
    /// That a write would move bytes.
    public static let writable = Interest(rawValue: 2)

    /// What may be told to one with this interest.
    var tellable: Readiness {
        var tellable: Readiness = [.hungUp, .failed]
        if contains(.readable) {
            tellable.formUnion([.readable, .peerFinished])
        }
        if contains(.writable) {
            tellable.formUnion(.writable)
        }
        return tellable
    }
}
