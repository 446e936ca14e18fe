import CLinux
import Glibc

extension LinuxKernel {
    /// Opens a listening socket, or duplicates the inherited one of that address.
    ///
    /// Connections inherit `TCP_NODELAY` from it, which saves a call for each of them.
    public func listen(
        on address: SocketAddress,
        backlog: Int,
        sharesPort: Bool
    ) throws(SystemFault) -> Int32 {
        if let given = inherited.first(where: { $0.address == address }) {
            return try checked("fcntl") { gatehouse_duplicate(given.descriptor) }
        }
        var system = address.system
        // SAFETY: the calls below read the address before they return.
        let descriptor = try checked("socket") { unsafe gatehouse_socket(&system) }
        do throws(SystemFault) {
            try Self.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR)
            if sharesPort {
                try Self.setOption(descriptor, SOL_SOCKET, SO_REUSEPORT)
            }
            try Self.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
            try checked("bind") { unsafe gatehouse_bind(descriptor, &system) }
            try checked("listen") { Glibc.listen(descriptor, Int32(clamping: backlog)) }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Takes one waiting connection.
    public func accept(_ listener: Int32) -> AcceptOutcome {
        var peer = gatehouse_address(high: 0, low: 0, port: 0)
        for _ in 0..<acceptTryCountMax {
            // SAFETY: the call writes the address before it returns.
            let descriptor = retryingInterrupted { unsafe gatehouse_accept(listener, &peer) }
            if descriptor >= 0 {
                return .accepted(descriptor: descriptor, peer: SocketAddress(peer))
            }
            switch errno {
            case EAGAIN, EWOULDBLOCK:
                return .wouldBlock
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                return .outOfDescriptors
            case ECONNABORTED, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENONET,
                ENOPROTOOPT, EPERM, EPROTO:
                // What became of one connection while it waited: accept(2) says to try the next.
                continue
            default:
                return .failed(SystemFault(call: "accept4", code: errno))
            }
        }
        return .wouldBlock
    }

    /// Closes one waiting connection unseen, by giving the spare descriptor up for a moment.
    public func refuseOne(_ listener: Int32) -> Bool {
        if spare >= 0 {
            _ = Glibc.close(spare)
        }
        var wasRefused = false
        if case .accepted(let descriptor, peer: _) = accept(listener) {
            _ = Glibc.close(descriptor)
            wasRefused = true
        }
        spare = Self.openSpare()
        return wasRefused
    }

    /// Begins a connection to `address`.
    public func connect(to address: SocketAddress) -> ConnectOutcome {
        var system = address.system
        // SAFETY: the calls below read the address before they return.
        let descriptor = retryingInterrupted { unsafe gatehouse_socket(&system) }
        guard descriptor >= 0 else {
            return .failed(SystemFault(call: "socket", code: errno))
        }
        // A connection that sends late is better than none.
        try? Self.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
        if unsafe gatehouse_connect(descriptor, &system) == 0 {
            return .connected(descriptor)
        }
        let code = errno
        // An interrupted connect goes on by itself: a second call would be another question.
        if code == EINPROGRESS || code == EINTR {
            return .inProgress(descriptor)
        }
        _ = Glibc.close(descriptor)
        return .failed(SystemFault(call: "connect", code: code))
    }

    /// What went wrong on a socket since last asked, or `nil`.
    public func connectFault(_ descriptor: Int32) -> SystemFault? {
        var code: Int32 = 0
        // SAFETY: the call writes the code before it returns.
        guard unsafe gatehouse_option(descriptor, SOL_SOCKET, SO_ERROR, &code) == 0 else {
            return SystemFault(call: "getsockopt", code: errno)
        }
        return code == 0 ? nil : SystemFault(call: "connect", code: code)
    }

    /// Tells the peer that no more bytes follow.
    public func shutdownSending(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Gives a descriptor back.
    public func close(_ descriptor: Int32) {
        // Never repeated: Linux has freed the number even when it says EINTR.
        _ = Glibc.close(descriptor)
    }

    /// The address of our end, or `nil` where there is none.
    public func localAddress(_ descriptor: Int32) -> SocketAddress? {
        var system = gatehouse_address(high: 0, low: 0, port: 0)
        // SAFETY: the call writes the address before it returns.
        guard unsafe gatehouse_local_address(descriptor, &system) == 0 else { return nil }
        return SocketAddress(system)
    }

    private static func setOption(
        _ descriptor: Int32,
        _ level: Int32,
        _ name: Int32
    ) throws(SystemFault) {
        try checked("setsockopt") { gatehouse_set_option(descriptor, level, name, 1) }
    }
}

/// How many connections that died while waiting are passed over in one call; the listener stays
/// readable, so the rest is a matter of the next turn.
private let acceptTryCountMax = 16
