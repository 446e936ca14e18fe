public import ArgumentParser
public import Gateway

/// The command line.
///
/// Each command is a page of its own in the module Gateway; here are only words.
@main
struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A reverse-proxy authentication gateway.",
        version: Version.text,
        subcommands: [
            Run.self, Check.self, Demo.self, Explain.self, Logs.self, Users.self, Keys.self,
            Clients.self, Hash.self, VersionCommand.self,
        ]
    )

    /// Runs the command on the main thread, where the parser's own `main` would leave it for another:
    /// signals are blocked and collected by the thread that calls `run`, and one thread left open to
    /// them is enough for SIGTERM to end the process on the spot.
    @MainActor
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            exit(withError: error)
        }
    }
}

/// The option that every command which reads a conf has.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: [.customShort("c"), .customLong("config")], help: "The conf to read.")
    var path = "gateway.conf"
}

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the gateway.")

    @OptionGroup
    var conf: ConfigurationOptions

    func run() throws {
        throw ExitCode(GatewayProcess(configurationPath: conf.path).run())
    }
}

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say everything that is wrong with a conf, and what it means."
    )

    @OptionGroup
    var conf: ConfigurationOptions

    func run() throws {
        throw ExitCode(CheckCommand.run(configurationPath: conf.path))
    }
}

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what the gateway would decide on a request, and why."
    )

    @OptionGroup
    var conf: ConfigurationOptions
    @Option(help: "The method.")
    var method = "GET"
    @Option(help: "The path, with a query if you like.")
    var path: String
    @Option(help: "The host.")
    var host = "localhost"
    @Option(help: "A file with the token.")
    var tokenFile: String?
    @Option(name: .customLong("keys"), help: "A key set file for issuers whose keys are fetched.")
    var keysFile: String?

    func run() async throws {
        let question = ExplainCommand.Question(
            configurationPath: conf.path,
            method: method,
            path: path,
            host: host,
            tokenPath: tokenFile,
            keySetPath: keysFile
        )
        throw ExitCode(await ExplainCommand.run(question))
    }
}

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway on a conf of its own, in front of a sample back end."
    )

    @Option(help: "The port of the gateway.")
    var port: UInt16 = 8443
    @Option(help: "Where the files go; a temporary place when not given.")
    var directory: String?

    func run() throws {
        throw ExitCode(DemoCommand.run(port: port, directory: directory))
    }
}

struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the access log.",
        subcommands: [Rejected.self]
    )

    struct Rejected: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which requests were refused, why, and what to do about it."
        )

        @OptionGroup
        var conf: ConfigurationOptions
        @Option(help: "The log, in place of the conf's; - is standard input.")
        var log: String?
        @Option(help: "How far back: 30m, 1h, 7d.")
        var since: String?
        @Flag(help: "Go on with what is logged from now on.")
        var follow = false
        @Option(help: "A row for each reason, route, issuer, client or subject.")
        var by = RejectionReport.Grouping.reason

        func run() throws {
            throw ExitCode(
                LogsCommand.rejected(
                    configurationPath: conf.path,
                    logPath: log,
                    since: since,
                    isFollowing: follow,
                    grouping: by
                )
            )
        }
    }
}

extension RejectionReport.Grouping: ExpressibleByArgument {}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Say which version this is."
    )

    func run() throws {
        Console.write("gatehouse \(Version.text)")
    }
}
