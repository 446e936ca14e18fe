import Cryptography
import EventLoop
import Foundation
import JOSE
import JSON
import TLS
import Testing

/// The real binary on the conf that the product's owner wrote down, its ports changed to free ones,
/// with a back end, a partner and keys: all that a test needs, in a folder of its own.
final class Site {
    /// Where its files are.
    let folder: String
    /// The listener with TLS.
    let tlsPort: UInt16
    /// The plain listener.
    let plainPort: UInt16
    /// Who gets what is let through.
    let backEnd: RecordingBackEnd
    private let partner: RecordingBackEnd
    private let ownKey: TokenSigner
    private let partnerKey: TokenSigner
    private let process = Process()
    /// A server of the test's own, which ends with the site.
    private var companion: AnyObject?

    /// The binary: `GATEHOUSE`, or the one beside the test bundle.
    static let binary: String = {
        if let named = ProcessInfo.processInfo.environment["GATEHOUSE"] { return named }
        let repository = "\(#filePath)".components(separatedBy: "/Tests/")[0]
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? ""
        let folder = bundle.components(separatedBy: "/gatehousePackageTests.xctest")[0]
        return bundle.isEmpty ? "\(repository)/.build/debug/gatehouse" : "\(folder)/gatehouse"
    }()

    /// Writes the files and starts; `change` may alter the conf.
    ///
    /// Returns when the gateway says that it listens, or at once. `companion` starts a server of the
    /// test's own in the folder, before the gateway starts: one that is not there yet fails its first
    /// health check, which counts until two later ones succeed.
    init(
        upstream: UInt16? = nil,
        awaitsStart: Bool = true,
        change: (String) -> String = { $0 },
        companion: (String) throws -> AnyObject? = { _ in nil }
    ) throws {
        folder = try FileSystem.makeTemporaryDirectory(prefix: "gatehouse-e2e")
        let own = try PrivateKey.generate(.p256)
        ownKey = try TokenSigner(privateKey: own, algorithm: .es256, keyID: "own", type: "at+jwt")
        let other = try PrivateKey.generate(.p256)
        partnerKey = try TokenSigner(
            privateKey: other,
            algorithm: .es256,
            keyID: "partner",
            type: nil
        )
        backEnd = try RecordingBackEnd()
        partner = try RecordingBackEnd(document: Self.keySet("partner", other))
        let ports = try Self.freePorts(4)
        (tlsPort, plainPort) = (ports[0], ports[1])
        for name in ["tls", "keys", "logs"] {
            try FileSystem.makeDirectory(path: "\(folder)/\(name)", mode: 0o755)
        }
        try write("keys/issuer.jwks.json", Self.keySet("own", own))
        try writeCertificate()
        var conf = Self.issueConf
        for (old, new) in [
            ("127.0.0.1:8443", "127.0.0.1:\(tlsPort)"),
            ("127.0.0.1:8080", "127.0.0.1:\(plainPort)"),
            ("127.0.0.1:9901", "127.0.0.1:\(ports[2])"),
            ("127.0.0.1:9100", "127.0.0.1:\(partner.port)"),
            ("127.0.0.1:9000", "127.0.0.1:\(upstream ?? backEnd.port)"),
            ("127.0.0.1:9001", "127.0.0.1:\(ports[3])"),
        ] {
            conf = conf.replacingOccurrences(of: old, with: new)
        }
        try write("gateway.conf", change(conf))
        self.companion = try companion(folder)
        process.executableURL = URL(fileURLWithPath: Self.binary)
        process.arguments = ["run", "-c", "gateway.conf"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        _ = FileManager.default.createFile(atPath: "\(folder)/gateway.log", contents: nil)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: "\(folder)/gateway.log")
        try process.run()
        guard awaitsStart else { return }
        let start = "listening on http://127.0.0.1:\(plainPort)"
        try #require(waitUntil { log.contains(start) || !process.isRunning })
        try #require(process.isRunning, "\(log)")
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        backEnd.stop()
        partner.stop()
        FileSystem.removeTree(at: folder)
    }

    private static let issueConf: String = {
        let tests = "\(#filePath)".components(separatedBy: "/EndToEndTests/")[0]
        return Command.read("\(tests)/ConfigurationTests/Golden/good/issue.conf")
    }()

    private static func keySet(_ id: String, _ key: PrivateKey) -> String {
        let entry = JSONWebKey(keyID: id, algorithm: .es256, material: .publicKey(key.publicKey))
        var bytes: [UInt8] = []
        KeySet([entry]).write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Ports that are free, for programs that are told where to listen.
    ///
    /// Below those that Linux deals out by itself, from 32 768 on: neither a listener on port 0 nor an
    /// outgoing connection takes one of them before the program does.
    static func freePorts(_ count: Int) throws -> [UInt16] {
        let kernel = try LinuxKernel()
        var listeners: [Int32] = []
        defer { listeners.forEach(kernel.close) }
        for _ in 0..<1_000 where listeners.count < count {
            let port = UInt16.random(in: 10_000..<32_768)
            let address = SocketAddress(address: .loopback, port: port)
            if let listener = try? kernel.listen(on: address, backlog: 1, sharesPort: false) {
                listeners.append(listener)
            }
        }
        try #require(listeners.count == count, "no free ports")
        return listeners.compactMap { kernel.localAddress($0)?.port }
    }

    /// What the gateway has said so far.
    var log: String { Command.read("\(folder)/gateway.log") }

    /// The lines of its access log.
    var accessLog: String { Command.read("\(folder)/logs/access.log") }

    /// What curl and others verify it by.
    var certificatePath: String { "\(folder)/tls/server.crt" }

    /// Writes one of its files.
    func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws {
        try FileSystem.replace(path: "\(folder)/\(name)", with: Array(text.utf8).span, mode: mode)
    }

    /// Writes a fresh certificate and its key.
    func writeCertificate() throws {
        let pair = try SelfSignedCertificate.make(names: ["localhost", "127.0.0.1"], days: 2)
        let (certificate, key) = (pair.certificatePEM, pair.keyPEM)
        try FileSystem.replace(path: "\(folder)/tls/server.key", with: key.span, mode: 0o600)
        try FileSystem.replace(path: certificatePath, with: certificate.span, mode: 0o644)
    }

    /// Sends it a signal.
    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Whether it runs.
    var isRunning: Bool { process.isRunning }

    /// Its exit code, once it has ended; `nil` where it does not end.
    func exitCode() -> Int32? {
        guard waitUntil({ !process.isRunning }) else { return nil }
        return process.terminationReason == .exit ? process.terminationStatus : -1
    }

    /// A token of `issuer.test`, or of the partner.
    func token(
        scope: String = "orders:read",
        isPartners: Bool = false,
        lifetime: Int64 = 600,
        emailVerified: Bool = true
    ) throws -> String {
        let now = Int64(Date().timeIntervalSince1970)
        let claims: JSONObject = [
            "iss": .string(isPartners ? "https://login.partner.test" : "https://issuer.test"),
            "aud": "orders-api", "sub": "alice", "client_id": "e2e", "scope": .string(scope),
            "email": "alice@example.com", "email_verified": emailVerified ? true : false,
            "iat": .integer(now - 3600), "exp": .integer(now + lifetime),
        ]
        let signer = isPartners ? partnerKey : ownKey
        return String(decoding: try signer.sign(claims), as: UTF8.self)
    }

    /// Asks with the real curl, over TLS.
    func curl(_ path: String, token: String? = nil, _ more: String...) throws -> Response {
        var arguments = [
            "-sS", "-i", "--path-as-is", "--max-time", "60", "--cacert", certificatePath,
        ]
        if let token {
            arguments += ["-H", "Authorization: Bearer \(token)"]
        }
        arguments += more + ["https://localhost:\(tlsPort)\(path)"]
        let curl = try #require(Command.find("curl"))
        let done = try Command.run(curl, arguments, in: folder)
        try #require(done.code == 0, "curl \(done.code): \(done.errors) \(log)")
        let parts = done.output.components(separatedBy: "\r\n\r\n")
        return Response(head: parts[0], body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    /// Whether a handshake by the present certificate file succeeds.
    func isTrusted() -> Bool {
        (try? Wire(port: tlsPort, trusting: certificatePath)) != nil
    }

    /// Runs another of the program's commands in the folder.
    func gatehouse(_ arguments: String...) throws -> Command {
        try Command.run(Self.binary, arguments, in: folder)
    }

    /// A plain connection to it.
    func plain() throws -> Wire {
        try Wire(port: plainPort)
    }
}

/// Looks again and again, for a minute at most: no good run comes near it, on any machine.
func waitUntil(_ condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
        guard ContinuousClock.now < end else { return false }
        usleep(5_000)
    }
    return true
}

/// All that runs the real binary, one test after the other: each starts servers of its own.
@Suite(
    .serialized,
    .enabled(if: Command.find("curl") != nil, "curl is not installed"),
    .enabled(if: FileManager.default.isExecutableFile(atPath: Site.binary), "no binary was built")
)
struct EndToEnd {}
