import CLinux
import Glibc
import Synchronization

/// A socket with a name in the file system, for commands of the operator on the same machine.
///
/// It blocks: for a thread of its own, never for a worker.
public final class LocalListener: Sendable {
    private let descriptor: Int32
    private let path: String
    private let isClosed = Atomic<Bool>(false)

    /// Connections that wait to be accepted: nobody types faster.
    private static let backlog: Int32 = 16

    /// Listens at a path, which only the owner may use (0600).
    ///
    /// A name that a process before left behind is taken over; one that somebody serves is not.
    ///
    /// - Throws: `EADDRINUSE` where somebody serves it, `ENAMETOOLONG` for more than 107 bytes.
    public init(path: String) throws(SystemFault) {
        guard !path.utf8.contains(0) else { throw SystemFault(call: "bind", code: EINVAL) }
        if (try? LocalConnection(connectingTo: path)) != nil {
            throw SystemFault(call: "bind", code: EADDRINUSE)
        }
        try FileSystem.remove(path: path)
        // SAFETY: the path is passed as a string that ends in NUL.
        descriptor = try checked("bind") {
            unsafe gatehouse_listen_local(path, 0o600, Self.backlog)
        }
        self.path = path
    }

    deinit {
        _ = Glibc.close(descriptor)
    }

    /// Waits for the next peer.
    ///
    /// - Returns: The peer, or `nil` once ``close()`` was called.
    /// - Throws: What the system says; the next call may do better.
    public func accept() throws(SystemFault) -> LocalConnection? {
        var user: UInt32 = 0
        do throws(SystemFault) {
            // SAFETY: the call writes the user before it returns.
            let accepted = try checked("accept4") {
                unsafe gatehouse_accept_local(descriptor, &user)
            }
            return LocalConnection(descriptor: accepted, peerUserID: user)
        } catch {
            if isClosed.load(ordering: .acquiring) { return nil }
            throw error
        }
    }

    /// Ends ``accept()``, and gives the name up.
    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        try? FileSystem.remove(path: path)
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
