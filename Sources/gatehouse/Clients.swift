import ArgumentParser
import Gateway

/// `gatehouse clients`: what registered clients need; the conf itself registers them.
struct Clients: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make what OAuth clients need.",
        subcommands: [Secret.self]
    )

    struct Secret: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a client secret, and its line of the conf."
        )

        func run() throws {
            throw ExitCode(ClientSecretCommand.make())
        }
    }
}

/// `gatehouse hash`: the conf's line for a secret that is there already.
struct Hash: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a client secret from standard input, and print its line of the conf."
    )

    func run() throws {
        throw ExitCode(ClientSecretCommand.hash())
    }
}
