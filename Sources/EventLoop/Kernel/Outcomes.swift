/// How a read or a write of a socket ended; the ordinary ways are no errors.
public enum IOOutcome: Equatable, Sendable {
    /// So many bytes were moved: at least one, unless none were asked for.
    case bytes(Int)
    /// The peer will send no more. Reads only.
    case endOfStream
    /// The connection is of no more use.
    case failed(SystemFault)
    /// Nothing can be moved now; the loop will tell when.
    case wouldBlock
}

/// How taking a connection from a listener ended.
public enum AcceptOutcome: Equatable, Sendable {
    /// A connection, owned by the caller: not blocking, closed on `exec`, `TCP_NODELAY` set.
    case accepted(descriptor: Int32, peer: SocketAddress)
    /// The listener itself is of no more use.
    case failed(SystemFault)
    /// No descriptor or memory is left: wait before the next try, or the listener stays readable and
    /// the loop spins.
    case outOfDescriptors
    /// Nobody waits.
    case wouldBlock
}

/// How the start of a connection to somebody else ended.
public enum ConnectOutcome: Equatable, Sendable {
    /// It stands already; the descriptor is the caller's.
    case connected(Int32)
    /// It could not even begin.
    case failed(SystemFault)
    /// It becomes writable when decided, and ``Kernel/connectFault(_:)`` then says how; the
    /// descriptor is the caller's.
    case inProgress(Int32)
}

/// One line of what ``Kernel/poll(into:atMost:)`` found.
public struct PollEvent: Hashable, Sendable {
    /// The word that the descriptor was watched with.
    public var userWord: UInt64
    /// What it is ready for.
    public var readiness: Readiness

    /// Makes an event; the system's real ones and the tests' scripted ones look alike.
    public init(userWord: UInt64, readiness: Readiness) {
        self.userWord = userWord
        self.readiness = readiness
    }
}
