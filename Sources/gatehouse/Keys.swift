import ArgumentParser
import Gateway

/// `gatehouse keys`: what tokens are signed with.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show and rotate the signing keys of the authorization server.",
        subcommands: [List.self, Rotate.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys: id, realm, algorithm, state, and when each signs."
        )

        @OptionGroup
        var conf: ConfigurationOptions

        func run() async throws {
            throw ExitCode(await OperatorCall.run(.listKeys, configurationPath: conf.path))
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Let fresh keys sign at once; the old ones verify until their tokens are dead."
        )

        @OptionGroup
        var conf: ConfigurationOptions
        @Option(help: "Whose keys, as `keys list` names them; every realm's when not given.")
        var realm: String?

        func run() async throws {
            let command = OperatorCommand.rotateKeys(realm: realm)
            throw ExitCode(await OperatorCall.run(command, configurationPath: conf.path))
        }
    }
}
