import EventLoop
import Testing

/// Both ends of a connection over loopback.
struct ConnectedPair: ~Copyable {
    let near: Socket
    let far: Socket
    /// The address of the near end, as the far end was told.
    let peer: SocketAddress

    /// Connects one end to another.
    init(_ kernel: LinuxKernel, on text: String = "127.0.0.1:0") throws {
        let listener = try Self.listener(kernel, on: text)
        let address = try #require(kernel.localAddress(listener.descriptor))
        let client = try Self.connected(kernel, to: address)
        try Self.waitUntil(kernel, listener, .readable)
        guard case .accepted(let descriptor, let peer) = kernel.accept(listener.descriptor) else {
            throw SystemFault(call: "accept4", code: 0)
        }
        near = client
        far = Socket(descriptor: descriptor, kernel: kernel)
        self.peer = peer
    }

    /// Closes the far end, and leaves the near one.
    consuming func giveUpFar() -> Socket {
        near
    }

    /// Opens a listener.
    static func listener(
        _ kernel: LinuxKernel,
        on text: String,
        sharesPort: Bool = false
    ) throws -> Socket {
        let address = try #require(SocketAddress(text))
        let descriptor = try kernel.listen(on: address, backlog: 128, sharesPort: sharesPort)
        return Socket(descriptor: descriptor, kernel: kernel)
    }

    /// Connects to a listener.
    static func connected(
        _ kernel: LinuxKernel,
        to address: SocketAddress
    ) throws -> Socket {
        switch kernel.connect(to: address) {
        case .connected(let descriptor):
            return Socket(descriptor: descriptor, kernel: kernel)
        case .failed(let fault):
            throw fault
        case .inProgress(let descriptor):
            let socket = Socket(descriptor: descriptor, kernel: kernel)
            try waitUntil(kernel, socket, .writable)
            if let fault = kernel.connectFault(socket.descriptor) {
                throw fault
            }
            return socket
        }
    }

    /// Waits on a poller of its own, so that the kernel under test watches nothing unasked.
    static func waitUntil(
        _ kernel: LinuxKernel,
        _ socket: borrowing Socket,
        _ interest: Interest
    ) throws {
        let poller = try LinuxKernel()
        try poller.watch(socket.descriptor, interest, userWord: 0)
        var events: [PollEvent] = []
        poller.poll(into: &events, atMost: Timeout(.seconds(60)))
        try #require(events.count == 1)
    }
}

/// A pair that can stand in an array.
final class PairBox {
    private let pair: ConnectedPair

    init(_ pair: consuming ConnectedPair) {
        self.pair = pair
    }
}
