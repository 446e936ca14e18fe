import Bytes
import CLinux
import Glibc

/// A listening socket that was opened for us.
public struct InheritedListener: Hashable, Sendable {
    /// Its number; it stays open for the life of the process.
    public let descriptor: Int32
    /// Where it listens.
    public let address: SocketAddress

    /// Names a listening socket that somebody else owns.
    public init(descriptor: Int32, address: SocketAddress) {
        self.descriptor = descriptor
        self.address = address
    }
}

/// Listening sockets handed over by the service manager (systemd's `sd_listen_fds(3)`).
///
/// They outlive restarts of the gateway, so that peers wait instead of being refused, and they may
/// be of ports that the gateway's own user could not open.
public enum SocketActivation {
    /// The sockets that were meant for this process, made fit for a loop: not blocking, closed on
    /// `exec`, `TCP_NODELAY` for the connections accepted from them.
    ///
    /// What is not a listening TCP socket is left alone.
    public static func listeners() -> [InheritedListener] {
        descriptors().compactMap(adopt)
    }

    /// The numbers of all descriptors that were meant for this process, each closed on `exec` from
    /// now on.
    public static func descriptors() -> [Int32] {
        let range = descriptors(
            count: ProcessEnvironment.value(of: "LISTEN_FDS"),
            processID: ProcessEnvironment.value(of: "LISTEN_PID"),
            ownProcessID: ProcessEnvironment.processID
        )
        return range.filter { gatehouse_set_flags($0, 1, 1) == 0 }
    }

    /// What the variables say, where they are meant for us and well-formed.
    static func descriptors(
        count: String?,
        processID: String?,
        ownProcessID: Int32
    ) -> Range<Int32> {
        let none = firstDescriptor..<firstDescriptor
        guard let count = number(count), let processID = number(processID),
            processID == UInt64(ownProcessID), count <= descriptorCountMax
        else { return none }
        return firstDescriptor..<firstDescriptor + Int32(count)
    }

    /// The listener that `descriptor` is, made fit for a loop, or `nil` when it is none.
    static func adopt(_ descriptor: Int32) -> InheritedListener? {
        var isListening: Int32 = 0
        var system = gatehouse_address(high: 0, low: 0, port: 0)
        // SAFETY: the calls write what they were given the place of before they return.
        guard unsafe gatehouse_option(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening) == 0,
            isListening != 0,
            unsafe gatehouse_local_address(descriptor, &system) == 0
        else { return nil }
        // It fails only for sockets that know no TCP, which have no such delay.
        _ = gatehouse_set_option(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return InheritedListener(descriptor: descriptor, address: SocketAddress(system))
    }

    private static func number(_ text: String?) -> UInt64? {
        guard let text else { return nil }
        let bytes = [UInt8](text.utf8)
        return bytes.span.decimalValue()
    }

    /// `SD_LISTEN_FDS_START`: the first number after the standard streams.
    private static let firstDescriptor: Int32 = 3

    /// A thousand: no unit has as many sockets, and a wrong number must not cost a long start.
    private static let descriptorCountMax: UInt64 = 1_000
}
