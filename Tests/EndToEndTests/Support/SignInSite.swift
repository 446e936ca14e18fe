import EventLoop
import Foundation
import Testing

/// The real binary with an authorization server, on a plain listener of loopback; it can be killed and
/// started again on the same files.
final class SignInSite {
    /// Where its files are.
    let folder: String
    /// Who gets what is let through.
    let backEnd: RecordingBackEnd
    private let port: UInt16
    private var process = Process()

    /// The project's id, which is its `client_id`.
    static let project = "6fbbf22e-f4b2-4c6e-95a1-beab6fa41063"
    /// Long enough for RFC 7636, and the challenge of it.
    private static let verifier = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
    private static let challenge = "I3jTFKmOI5T-yXt4CqWHBKZnt9uhdpRzxJT0qz9n4jY"
    private static let redirect = "http://localhost:9/done"

    /// What a sign-in brings.
    struct Tokens {
        var access: String
        var refresh: String
    }

    /// Writes the conf and starts.
    init(_ further: String = "") throws {
        folder = try FileSystem.makeTemporaryDirectory(prefix: "gatehouse-e2e")
        backEnd = try RecordingBackEnd()
        port = try Site.freePorts(1)[0]
        try write(further)
        try start()
    }

    deinit {
        stop(SIGKILL)
        backEnd.stop()
        FileSystem.removeTree(at: folder)
    }

    /// Writes the conf, with more at its end.
    func write(_ further: String = "", inServer: String = "") throws {
        let conf = """
            workers 2;
            state_directory state;
            access_log access.log format=json;
            listen 127.0.0.1:\(port) { }
            authorization_server http://localhost:\(port) {
                provider local { sign_up on; email_verification assumed; }
                project \(Self.project) {
                    dialect stack;
                    allow_localhost on;
                    grantable_scopes openid email orders:read;
                    default_scopes openid email orders:read;
                    sign_up on;
                }
                \(inServer)
            }
            upstream orders { server 127.0.0.1:\(backEnd.port); }
            route /orders/ {
                upstream orders; issuer self; project \(Self.project); scope orders:read;
            }
            \(further)
            """
        try FileSystem.replace(
            path: "\(folder)/gateway.conf",
            with: Array(conf.utf8).span,
            mode: 0o644
        )
    }

    /// Starts it, and waits until it serves.
    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Site.binary)
        process.arguments = ["run", "-c", "gateway.conf"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        _ = FileManager.default.createFile(atPath: "\(folder)/gateway.log", contents: nil)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: "\(folder)/gateway.log")
        try process.run()
        try #require(waitUntil { log.contains("listening on") || !process.isRunning })
        try #require(process.isRunning, "\(log)")
    }

    /// Ends it by a signal, and waits.
    func stop(_ number: Int32) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, number)
        process.waitUntilExit()
    }

    /// Has it read its conf again, and waits until it has.
    func reload() -> Bool {
        let before = log.components(separatedBy: "the conf was").count
        kill(process.processIdentifier, SIGHUP)
        return waitUntil { log.components(separatedBy: "the conf was").count > before }
    }

    /// What the gateway has said since it was started.
    var log: String { Command.read("\(folder)/gateway.log") }
    /// Its process.
    var processID: Int32 { process.processIdentifier }

    /// Runs another of the program's commands, with a line for its standard input.
    func gatehouse(_ words: String, input: String = "") throws -> Command {
        try Command.run(
            "/bin/sh",
            ["-c", "printf '%s\\n' '\(input)' | '\(Site.binary)' \(words) -c gateway.conf"],
            in: folder
        )
    }

    /// Asks with curl, whose cookies stay.
    func curl(_ path: String, _ more: String...) throws -> Response {
        try curl(path, more)
    }

    private func curl(_ path: String, _ more: [String]) throws -> Response {
        let curl = try #require(Command.find("curl"))
        let url = path.hasPrefix("/") ? "http://localhost:\(port)\(path)" : path
        let arguments = ["-sS", "-i", "--max-time", "60", "-c", "jar", "-b", "jar"] + more + [url]
        let done = try Command.run(curl, arguments, in: folder)
        try #require(done.code == 0, "curl \(done.code): \(done.errors) \(log)")
        let parts = done.output.components(separatedBy: "\r\n\r\n")
        return Response(head: parts[0], body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    /// The status of the protected route.
    func orders(_ tokens: Tokens) throws -> Response {
        try curl("/orders/1", "-H", "authorization: Bearer \(tokens.access)")
    }

    /// A call of the Stack dialect.
    func stack(_ method: String, _ path: String, _ more: String...) throws -> Response {
        try curl(
            "/api/v1\(path)",
            ["-X", method, "-H", "x-stack-access-type: client"]
                + ["-H", "x-stack-project-id: \(Self.project)"] + more
        )
    }

    /// Signs somebody new up: authorize, our page, back with a code, tokens for it.
    func signUp(_ email: String) throws -> Tokens {
        let query = [
            "client_id=\(Self.project)", "client_secret=__stack_public_client__",
            "redirect_uri=\(Self.redirect)", "scope=legacy", "state=one", "type=authenticate",
            "grant_type=authorization_code", "response_type=code",
            "code_challenge=\(Self.challenge)", "code_challenge_method=S256",
            "error_redirect_url=\(Self.redirect)",
        ].joined(separator: "&")
        let begun = try curl("/api/v1/auth/oauth/authorize/local?\(query)")
        let signIn = try #require(begun["location"], "\(begun)")
        let page = try curl(signIn.replacingOccurrences(of: "sign-in", with: "sign-up"))
        var form = [
            "email=\(email)", "password=correct horse battery staple", "display_name=Alice",
        ]
        for name in ["csrf", "flow"] {
            let parts = page.body.components(separatedBy: "name=\"\(name)\" value=\"")
            form.append("\(name)=" + parts[parts.count - 1].components(separatedBy: "\"")[0])
        }
        let done = try curl("/oauth2/sign-up", form.flatMap { ["--data-urlencode", $0] })
        let location = try #require(done["location"], "\(done)")
        let code = try #require(URLComponents(string: location)?.queryItems?.first?.value)
        return try redeem(code)
    }

    private func redeem(_ code: String) throws -> Tokens {
        let body = """
            {"grant_type":"authorization_code","code":"\(code)","redirect_uri":"\(Self.redirect)",\
            "code_verifier":"\(Self.verifier)","client_id":"\(Self.project)",\
            "client_secret":"__stack_public_client__"}
            """
        let answer = try stack(
            "POST",
            "/auth/oauth/token",
            "-H",
            "content-type: application/json",
            "-d",
            body
        )
        let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        return Tokens(
            access: try #require(json?["access_token"] as? String, "\(answer)"),
            refresh: try #require(json?["refresh_token"] as? String)
        )
    }
}
