import CLinux
import Glibc

/// One connection over a ``LocalListener``: lines there and back, each within a time.
public final class LocalConnection: Sendable {
    /// The user that the peer ran as when it connected; our own for one that we opened.
    public let peerUserID: UInt32
    private let descriptor: Int32

    /// Connects to whoever serves a path.
    ///
    /// - Throws: `ENOENT` or `ECONNREFUSED` where nobody does.
    public init(connectingTo path: String) throws(SystemFault) {
        guard !path.utf8.contains(0) else { throw SystemFault(call: "connect", code: EINVAL) }
        // SAFETY: the path is passed as a string that ends in NUL.
        descriptor = try checked("connect") { unsafe gatehouse_connect_local(path) }
        peerUserID = getuid()
    }

    init(descriptor: Int32, peerUserID: UInt32) {
        self.descriptor = descriptor
        self.peerUserID = peerUserID
    }

    deinit {
        _ = Glibc.close(descriptor)
    }

    /// Whether the peer may give orders: it runs as root or as we do.
    public var isPeerOurs: Bool { peerUserID == 0 || peerUserID == geteuid() }

    /// Reads up to the end of a line.
    ///
    /// - Parameters:
    ///   - limit: More bytes than these are a fault (`EMSGSIZE`).
    ///   - time: The line must be there whole by then (`EAGAIN`).
    /// - Returns: The line without its end; what follows it is dropped.
    /// - Throws: The system's fault; `EPIPE` where the peer leaves before the line is whole.
    public func readLine(limit: Int, within time: Timeout) throws(SystemFault) -> [UInt8] {
        let deadline = Instant.now() + time
        var line: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4_096)
        while true {
            let left = deadline.nanoseconds(since: .now())
            guard left > 0 else { throw SystemFault(call: "recv", code: EAGAIN) }
            try wait(atMost: Timeout(nanoseconds: left))
            // SAFETY: the call writes into the block, as many bytes as it has at most.
            let count = try checked("recv") {
                unsafe block.withUnsafeMutableBytes { room in
                    unsafe recv(descriptor, room.baseAddress, room.count, 0)
                }
            }
            guard count > 0 else { throw SystemFault(call: "recv", code: EPIPE) }
            if let end = block[..<count].firstIndex(of: UInt8(ascii: "\n")) {
                line += block[..<end]
                guard line.count <= limit else { break }
                return line
            }
            line += block[..<count]
            guard line.count <= limit else { break }
        }
        throw SystemFault(call: "recv", code: EMSGSIZE)
    }

    /// Writes all of some bytes.
    ///
    /// - Parameters:
    ///   - bytes: What is written.
    ///   - time: How long the peer may take for each part of them.
    /// - Throws: The system's fault; `EAGAIN` where the peer does not read.
    public func write(_ bytes: Span<UInt8>, within time: Timeout) throws(SystemFault) {
        try wait(atMost: time)
        var written = 0
        while written < bytes.count {
            let rest = bytes.extracting(written..<bytes.count)
            // SAFETY: the call reads the span's bytes before it returns.
            written += try checked("send") {
                unsafe rest.withUnsafeBytes { source in
                    unsafe send(
                        descriptor,
                        source.baseAddress,
                        source.count,
                        Int32(MSG_NOSIGNAL)
                    )
                }
            }
        }
    }

    private func wait(atMost time: Timeout) throws(SystemFault) {
        _ = try checked("setsockopt") {
            gatehouse_set_patience(descriptor, max(1, time.millisecondsRoundedUp))
        }
    }
}
