public import EventLoop

/// What a worker has to say to the program's own log; the reporter bounds how often it is said.
public protocol WorkerReporter: Sendable {
    /// A TLS handshake has failed.
    func handshakeFailed(_ peer: SocketAddress, _ detail: String)
    /// A new address could not be listened on.
    func listenFailed(_ address: SocketAddress, _ fault: SystemFault)
    /// No descriptor is left for another peer.
    func outOfDescriptors()
}
