import EventLoop
import Glibc
import JSON
import Logging
import Synchronization

/// `control.sock`: the operator's commands, carried out by the running gateway, so that what they
/// change is so at once.
///
/// One connection, one command, one answer, a line of JSON each. The socket is its owner's (0600),
/// and who connects must be the gateway's user or root.
final class ControlSocket: Sendable {
    private let listener: LocalListener
    private let desk: OperatorDesk
    private let log: ProgramLog
    private let underWay = Atomic<Int>(0)

    /// A command with the longest password and name that are taken has a few hundred bytes.
    static let commandSizeMax = 16_384
    /// A page of ``AuthorizationServer/AccountAdministration/listCountMax`` users with long names.
    static let answerSizeMax = 4 << 20
    /// Five seconds for a line that one write brings.
    static let patience = Timeout(.seconds(5))
    /// Commands at once; a person runs one, and a script does not need more.
    static let commandCountMax = 8
    /// A rest when the system lets nobody in, so that a lack of descriptors does not burn a core.
    private static let rest: useconds_t = 250_000

    /// The path of the socket.
    static func path(stateDirectory: String) -> String { stateDirectory + "/control.sock" }

    private init(_ listener: LocalListener, _ desk: OperatorDesk, _ log: ProgramLog) {
        self.listener = listener
        self.desk = desk
        self.log = log
    }

    /// Serves commands in a thread of its own until ``close()``.
    ///
    /// - Throws: What the operator is told, where the socket cannot be had.
    static func start(
        stateDirectory: String,
        desk: OperatorDesk,
        log: ProgramLog
    ) throws(StartFault) -> ControlSocket {
        let path = path(stateDirectory: stateDirectory)
        do throws(SystemFault) {
            let socket = ControlSocket(try LocalListener(path: path), desk, log)
            _ = try startThread(name: "control socket") { socket.serve() }
            return socket
        } catch {
            let reason =
                error.code == EADDRINUSE ? "another gateway serves it already" : error.description
            throw StartFault("\(path): \(reason)")
        }
    }

    /// Takes no more commands; those under way are carried out.
    func close() {
        listener.close()
    }

    private func serve() {
        while true {
            do throws(SystemFault) {
                guard let peer = try listener.accept() else { return }
                take(peer)
            } catch {
                log.write(.warning, "control.sock: \(error)")
                usleep(Self.rest)
            }
        }
    }

    /// Reads the command here, where waiting hurts nobody but the next command.
    private func take(_ peer: LocalConnection) {
        guard peer.isPeerOurs else {
            log.write(.warning, "control.sock: refused user \(peer.peerUserID)")
            return
        }
        guard
            let line = try? peer.readLine(limit: Self.commandSizeMax, within: Self.patience),
            let command = Self.command(line)
        else { return answer(peer, .refused("this is no command that this gateway knows")) }
        guard underWay.add(1, ordering: .relaxed).newValue <= Self.commandCountMax else {
            underWay.subtract(1, ordering: .relaxed)
            return answer(peer, .refused("too many commands are under way; try again"))
        }
        Task {
            let told = await desk.carryOut(command)
            note(command, by: peer.peerUserID, told)
            answer(peer, told)
            underWay.subtract(1, ordering: .relaxed)
        }
    }

    private func answer(_ peer: LocalConnection, _ told: OperatorAnswer) {
        // Who has left needs no answer.
        try? peer.write(told.line.span, within: Self.patience)
    }

    private func note(_ command: OperatorCommand, by user: UInt32, _ told: OperatorAnswer) {
        guard command.isChange else { return }
        let outcome = told.fault.map { "refused: \($0)" } ?? told.lines.joined(separator: "; ")
        log.write(
            .notice,
            "control.sock: user \(user): \(command.name): \(TerminalText.safe(outcome))"
        )
    }

    private static func command(_ line: [UInt8]) -> OperatorCommand? {
        let limits = JSONLimits(size: commandSizeMax, depth: 2)
        let value = try? JSONValue.parse(line.span, limits: limits)
        return value?.object.flatMap(OperatorCommand.init)
    }
}
