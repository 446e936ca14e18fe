import AuthorizationServer
import Configuration
import EventLoop
import Glibc
import JSON

/// `gatehouse users` and `gatehouse keys`: has a command carried out by the running gateway, or in the
/// store itself where none runs.
public struct OperatorCall: Sendable {
    private let settings: Settings
    private let server: AuthorizationServerSettings

    /// How long an answer may take: hashing a password under load takes the longest.
    private static let patience = Timeout(.seconds(30))

    private init(_ settings: Settings, _ server: AuthorizationServerSettings) {
        self.settings = settings
        self.server = server
    }

    /// Runs a command and prints what there is to say.
    ///
    /// Pages of a list follow one another until the last.
    ///
    /// - Parameters:
    ///   - command: What is asked for.
    ///   - configurationPath: The conf that the gateway runs on.
    /// - Returns: The exit code: 0 where it was done.
    public static func run(_ command: OperatorCommand, configurationPath: String) async -> Int32 {
        do throws(StartFault) {
            let loaded = try ConfigurationSource(path: configurationPath).load()
            guard let server = loaded.settings.authorizationServer else {
                throw StartFault("\(configurationPath) has no authorization_server")
            }
            let call = OperatorCall(loaded.settings, server)
            var next: OperatorCommand? = command
            while let present = next {
                let answer = try await call.ask(present)
                answer.lines.forEach(Console.write)
                if let fault = answer.fault { throw StartFault(fault) }
                next = present.following(answer.next)
            }
            return 0
        } catch {
            Console.writeError("gatehouse: \(error.message)")
            return 1
        }
    }

    private func ask(_ command: OperatorCommand) async throws(StartFault) -> OperatorAnswer {
        if let answer = try askGateway(command) { return answer }
        return try await askStore(command)
    }

    /// The running gateway's answer, or `nil` where none runs.
    private func askGateway(_ command: OperatorCommand) throws(StartFault) -> OperatorAnswer? {
        let path = ControlSocket.path(stateDirectory: settings.stateDirectory)
        do throws(SystemFault) {
            let connection = try LocalConnection(connectingTo: path)
            var line: [UInt8] = []
            command.json.write(into: &line)
            line.append(UInt8(ascii: "\n"))
            try connection.write(line.span, within: ControlSocket.patience)
            let answer = try connection.readLine(
                limit: ControlSocket.answerSizeMax,
                within: Self.patience
            )
            guard let told = OperatorAnswer(answer) else {
                throw SystemFault(call: "recv", code: EPROTO)
            }
            return told
        } catch {
            if error.call == "connect", error.code == ENOENT || error.code == ECONNREFUSED {
                return nil
            }
            throw StartFault("the gateway at \(path) does not answer: \(error)")
        }
    }

    private func askStore(_ command: OperatorCommand) async throws(StartFault) -> OperatorAnswer {
        let plane = try await AuthorizationPlane.open(server, publisher: NoWorkers(), log: nil)
        let answer = await OperatorDesk(plane: plane, announceKeys: {}).carryOut(command)
        await plane.close(waits: false)
        return answer
    }
}

/// Who brings revocations to workers where no gateway runs: the next one reads them from the store.
private struct NoWorkers: RevocationPublisher {
    func publish(_ ids: [String], expiry: Int64) async {}
}

extension OperatorCommand {
    /// The same for the page that begins behind an id.
    fileprivate func following(_ id: String?) -> OperatorCommand? {
        guard case .listUsers(let project, let limit, _) = self, let id else { return nil }
        return .listUsers(project: project, limit: limit, after: id)
    }
}
