import AuthorizationServer
import Configuration
import EventLoop
import Synchronization
import Testing

@testable import Gateway

/// A folder with a conf that has an authorization server, removed at the end.
final class Workplace: Sendable {
    let folder: String
    let settings: Settings
    let log: ProgramLog
    let published = Published()

    /// What was brought to the workers.
    final class Published: RevocationPublisher {
        let ids = Mutex<[String]>([])

        func publish(_ ids: [String], expiry: Int64) async {
            self.ids.withLock { $0 += ids }
        }
    }

    init() throws {
        folder = try FileSystem.makeTemporaryDirectory(prefix: "gatehouse-operator")
        let conf = """
            state_directory state;
            error_log program.log;
            listen 127.0.0.1:1 { }
            authorization_server http://localhost:1 {
                provider local { sign_up on; }
                project shop { sign_up on; grantable_scopes openid orders; default_scopes openid; }
                client tool { project shop; redirect_uri http://localhost:2/done; }
            }
            upstream orders { server 127.0.0.1:3; }
            route / { upstream orders; }
            """
        try FileSystem.replace(
            path: folder + "/gateway.conf",
            with: Array(conf.utf8).span,
            mode: 0o644
        )
        settings = try ConfigurationSource(path: folder + "/gateway.conf").load().settings
        try FileSystem.makeDirectory(path: settings.stateDirectory, mode: 0o700)
        log = try ProgramLog(settings.errorLog)
    }

    deinit {
        FileSystem.removeTree(at: folder)
    }

    /// The conf's server.
    func server() throws -> AuthorizationServerSettings {
        try #require(settings.authorizationServer)
    }

    /// Opens its store.
    func open() async throws -> AuthorizationPlane {
        try await AuthorizationPlane.open(try server(), publisher: published, log: log)
    }

    /// Where its sealing key is.
    var sealingKeyPath: String { settings.stateDirectory + "/sealing.key" }
    /// Where commands are taken.
    var socketPath: String { settings.stateDirectory + "/control.sock" }

    /// What its log says.
    func logText() throws -> String {
        let bytes = try FileSystem.read(path: folder + "/program.log", limit: 1 << 20)
        return String(decoding: bytes, as: UTF8.self)
    }
}
