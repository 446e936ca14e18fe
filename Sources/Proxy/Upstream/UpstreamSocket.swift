import Bytes
import Configuration
import EventLoop
import TLS

/// The socket towards an upstream's server, under TLS where the server's line says so: how it is
/// connected, read, written and closed, whatever is spoken on it.
///
/// Its driver is the ``EventHandler`` that it is connected for. What is to be sent is put into
/// ``output()``, and leaves by ``send()``.
final class UpstreamSocket {
    private let worker: Worker
    private let target: UpstreamTarget
    private var transport: Transport?
    private var registration: Registration?
    private var isConnected = false
    private var deadline: Instant?
    private var pending: BufferBox?
    /// Whether nothing more will be written behind what is pending.
    private var isEnding = false
    /// Whether what the server sends waits in the kernel.
    private(set) var isReadPaused = false
    /// Whether the server takes nothing at present.
    private(set) var isWriteBlocked = false

    /// Bytes of a request that wait while the server takes none: 64 KiB, as many as one write sends.
    static let outputSizeMax = 65_536

    /// How far the making of a connection is.
    enum Making {
        case failed(UpstreamFailure)
        case ready
        case underWay
    }

    init(_ target: UpstreamTarget, _ worker: Worker) {
        self.target = target
        self.worker = worker
    }

    /// Begins to connect, within the target's time for it.
    ///
    /// - Returns: What has failed already, or `nil`.
    func connect(for handler: any EventHandler) -> UpstreamFailure? {
        let kernel = worker.loop.kernel
        let descriptor: Int32
        switch kernel.connect(to: target.state.address) {
        case .connected(let made), .inProgress(let made): descriptor = made
        case .failed(let fault):
            return fault.isOutOfDescriptors ? .outOfDescriptors : .connectFailed
        }
        transport = Transport(Socket(descriptor: descriptor, kernel: kernel))
        do throws(SystemFault) {
            registration = try worker.loop.register(
                handler,
                descriptor: descriptor,
                interest: [.readable, .writable]
            )
        } catch {
            transport = nil
            return .outOfDescriptors
        }
        setDeadline(worker.loop.now + target.connectTimeout)
        return nil
    }

    /// Goes on with the making, after an event of its own.
    func make(_ readiness: Readiness) -> Making {
        guard !isConnected else { return shakeHands() }
        guard let descriptor = transport?.descriptor else { return .underWay }
        guard worker.loop.kernel.connectFault(descriptor) == nil else {
            return .failed(.connectFailed)
        }
        guard readiness.contains(.writable) else {
            let isLost = !readiness.isDisjoint(with: [.hungUp, .failed])
            return isLost ? .failed(.connectFailed) : .underWay
        }
        isConnected = true
        guard let context = target.tls else { return ready() }
        do throws(TLSFault) {
            let tls = try context.makeConnection(
                descriptor: descriptor,
                serverName: target.server.host,
                applicationProtocol: speaksHTTP2 ? "h2" : nil
            )
            transport?.secure(with: tls)
        } catch {
            return .failed(.tlsFailed)
        }
        return shakeHands()
    }

    private var speaksHTTP2: Bool { target.server.wireProtocol == .http2 }

    private func shakeHands() -> Making {
        switch transport?.handshake() {
        case .complete:
            // A server that has not chosen HTTP/2 would not understand a word (RFC 9113 §3.2).
            guard !speaksHTTP2 || transport?.hasChosenHTTP2 == true else {
                return .failed(.tlsFailed)
            }
            return ready()
        case .wantsRead:
            setInterest(.readable)
            return .underWay
        case .wantsWrite:
            setInterest([.readable, .writable])
            return .underWay
        case .failed, nil:
            return .failed(.tlsFailed)
        }
    }

    private func ready() -> Making {
        setInterest(.readable)
        return .ready
    }

    /// Reads once, to the end of what is in `box`.
    func read(into box: BufferBox, atMost limit: Int) -> Transport.Outcome {
        transport?.read(into: &box.buffer, atMost: limit) ?? .failed
    }

    /// Whether bytes wait that the loop will not announce: only TLS holds any back.
    var hasPendingBytes: Bool { target.tls != nil && transport?.hasPendingBytes == true }

    /// Has the driver read on in the next turn, where bytes wait that nobody else would announce.
    func announcePendingBytes() {
        if let registration, hasPendingBytes {
            worker.loop.announce(.readable, for: registration)
        }
    }

    /// Leaves what the server sends, and its end, in the kernel.
    func pauseReading() {
        isReadPaused = true
        updateInterest()
    }

    func resumeReading() {
        guard isReadPaused else { return }
        isReadPaused = false
        updateInterest()
        announcePendingBytes()
    }

    /// Where the bytes for the server are put.
    func output() -> BufferBox {
        if let pending { return pending }
        let box = worker.buffers.take()
        pending = box
        return box
    }

    /// How many bytes wait to be sent.
    var outputCount: Int { pending?.buffer.count ?? 0 }

    /// Sends as much of what waits as the server takes; the loop tells when it takes more.
    ///
    /// - Returns: How many bytes it has taken.
    @discardableResult
    func send() -> Int {
        guard let box = pending else { return 0 }
        let (count, ending) = transport?.write(allOf: &box.buffer) ?? (0, .broken)
        if ending == .blocked {
            wantsWriting(true)
            return count
        }
        // What the server said before it broke off still counts: reading will tell.
        pending = nil
        worker.buffers.giveBack(box)
        wantsWriting(false)
        if isEnding {
            transport?.shutdownSending()
        }
        return count
    }

    /// The server takes bytes again.
    func becameWritable() {
        wantsWriting(false)
    }

    /// Says to the server, behind what is pending, that nothing more will be sent.
    func endOutput() {
        isEnding = true
        if pending == nil {
            transport?.shutdownSending()
        } else {
            send()
        }
    }

    func setDeadline(_ deadline: Instant?) {
        // Within one turn it is often set anew to the same moment; one that has passed never is.
        guard let registration, deadline != self.deadline else { return }
        self.deadline = deadline
        worker.loop.setDeadline(deadline, for: registration)
    }

    /// Takes it off the loop and closes it; what is pending is dropped.
    func close() {
        if let registration {
            worker.loop.deregister(registration)
        }
        registration = nil
        transport = nil
        if let pending {
            worker.buffers.giveBack(pending)
        }
        pending = nil
    }

    private func wantsWriting(_ wants: Bool) {
        guard isWriteBlocked != wants else { return }
        isWriteBlocked = wants
        updateInterest()
    }

    private func updateInterest() {
        var interest: Interest = isReadPaused ? [] : .readable
        if isWriteBlocked {
            interest.insert(.writable)
        }
        setInterest(interest)
    }

    private func setInterest(_ interest: Interest) {
        guard let registration else { return }
        worker.loop.setInterest(interest, for: registration)
    }
}
