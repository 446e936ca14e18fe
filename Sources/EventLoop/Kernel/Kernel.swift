public import Bytes

/// The only door to the operating system for a loop and its sockets.
///
/// ``LinuxKernel`` is the real one; a simulator is another, with its own clock and its own faults.
/// A kernel belongs to one loop and one thread. Descriptors are numbers here: who owns one, closes
/// it, after it was deregistered (``Socket`` does).
public protocol Kernel: AnyObject {
    /// The monotonic clock.
    func monotonicNow() -> Instant
    /// The system's clock.
    func wallNow() -> WallTime

    /// Begins to watch a descriptor, level-triggered; its events carry `userWord`.
    func watch(
        _ descriptor: Int32,
        _ interest: Interest,
        userWord: UInt64
    ) throws(SystemFault)
    /// Changes what a watched descriptor is watched for.
    func rewatch(
        _ descriptor: Int32,
        _ interest: Interest,
        userWord: UInt64
    ) throws(SystemFault)
    /// Ends the watching; unknown descriptors are ignored.
    func unwatch(_ descriptor: Int32)
    /// Waits until something is ready, the time is over or the wake-up was signalled.
    ///
    /// - Parameters:
    ///   - events: Replaced by what is ready, possibly nothing; bounded in number, its memory kept.
    ///   - limit: The longest wait; `nil` waits for ever.
    func poll(into events: inout [PollEvent], atMost limit: Timeout?)

    /// Reads at most `limit` bytes to the end of `buffer`, making room for as many.
    func receive(
        _ descriptor: Int32,
        into buffer: inout ByteBuffer,
        atMost limit: Int
    ) -> IOOutcome
    /// Writes as many of `bytes` as go without waiting.
    func send(_ descriptor: Int32, _ bytes: Span<UInt8>) -> IOOutcome
    /// Writes as many of both as go without waiting, in one call; the count is over both.
    func send(_ descriptor: Int32, _ first: Span<UInt8>, _ second: Span<UInt8>) -> IOOutcome

    /// Opens a listening socket; IPv6 ones take no IPv4.
    ///
    /// - Parameters:
    ///   - address: Where; port 0 lets the system choose one.
    ///   - backlog: How many finished connections may wait to be accepted.
    ///   - sharesPort: Whether other sockets, of other workers, listen on the same address.
    /// - Returns: The socket, the caller's.
    /// - Throws: `EADDRINUSE`, `EACCES` and their like: the operator's to put right.
    func listen(
        on address: SocketAddress,
        backlog: Int,
        sharesPort: Bool
    ) throws(SystemFault) -> Int32
    /// Takes one waiting connection.
    func accept(_ listener: Int32) -> AcceptOutcome
    /// Closes one waiting connection unseen, when ``accept(_:)`` was out of descriptors.
    ///
    /// - Returns: Whether there was one, and it was closed.
    func refuseOne(_ listener: Int32) -> Bool
    /// Begins a connection to `address`.
    func connect(to address: SocketAddress) -> ConnectOutcome
    /// What went wrong on a socket since last asked, or `nil`: a connection begun stands when it is
    /// writable and there is no fault.
    func connectFault(_ descriptor: Int32) -> SystemFault?
    /// Tells the peer that no more bytes follow.
    func shutdownSending(_ descriptor: Int32)
    /// Gives a descriptor back. Once, by its owner, after it was deregistered.
    func close(_ descriptor: Int32)
    /// The address of our end, or `nil` where there is none.
    func localAddress(_ descriptor: Int32) -> SocketAddress?

    /// Makes the one thing that other threads may use to end a wait in ``poll(into:atMost:)``.
    ///
    /// Called once, by the loop. Signals are no events: the loop asks the ``WakeUp`` itself.
    func makeWakeUp() throws(SystemFault) -> WakeUp
}

extension Kernel {
    /// Refuses nobody: for kernels that never run out.
    public func refuseOne(_ listener: Int32) -> Bool { false }
}
