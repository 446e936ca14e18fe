import ArgumentParser
import Gateway

/// `gatehouse users`: accounts, at the running gateway, or in its store where none runs.
struct Users: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work on the accounts of the authorization server.",
        subcommands: [
            Add.self, List.self, Disable.self, Enable.self, Passwd.self, Verify.self, Grant.self,
            Revoke.self,
        ]
    )

    /// What nearly every command names.
    struct Target: ParsableArguments {
        @Argument(help: "The user's id or e-mail address.")
        var user: String
        @OptionGroup
        var project: ProjectOptions
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account; its password comes from the terminal or standard input."
        )

        @Argument(help: "The e-mail address that signs in.")
        var email: String
        @Option(help: "What the user is called.")
        var name: String?
        @OptionGroup
        var project: ProjectOptions

        func run() async throws {
            let password = try newPassword()
            try await project.call(
                .addUser(email: email, password: password, name: name, project: project.id)
            )
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List users: id, project, when made, e-mail, state, name."
        )

        @OptionGroup
        var project: ProjectOptions

        func run() async throws {
            try await project.call(.listUsers(project: project.id, limit: 500, after: nil))
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a user out: every session ends at once."
        )

        @OptionGroup
        var target: Target

        func run() async throws {
            try await target.project.call(.disableUser(target.user, project: target.project.id))
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a user in again.")

        @OptionGroup
        var target: Target

        func run() async throws {
            try await target.project.call(.enableUser(target.user, project: target.project.id))
        }
    }

    struct Passwd: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set another password, from the terminal or standard input; sessions end."
        )

        @OptionGroup
        var target: Target

        func run() async throws {
            let password = try newPassword()
            try await target.project.call(
                .setPassword(target.user, password: password, project: target.project.id)
            )
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that a user's e-mail address is theirs."
        )

        @OptionGroup
        var target: Target

        func run() async throws {
            try await target.project.call(.verifyUser(target.user, project: target.project.id))
        }
    }

    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a user a scope.")

        @OptionGroup
        var target: Target
        @Argument(help: "The scope.")
        var scope: String

        func run() async throws {
            try await target.project.call(
                .grant(scope, to: target.user, project: target.project.id)
            )
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a scope back: sessions that carry it end."
        )

        @OptionGroup
        var target: Target
        @Argument(help: "The scope.")
        var scope: String

        func run() async throws {
            try await target.project.call(
                .revoke(scope, from: target.user, project: target.project.id)
            )
        }
    }
}

/// Which conf, and which project of it.
struct ProjectOptions: ParsableArguments {
    @OptionGroup
    var conf: ConfigurationOptions
    @Option(name: .customLong("project"), help: "The project; needed where the conf has several.")
    var id: String?

    /// Has a command carried out, and ends with its exit code.
    func call(_ command: OperatorCommand) async throws {
        throw ExitCode(await OperatorCall.run(command, configurationPath: conf.path))
    }
}

/// A password that is typed twice, or sent once.
private func newPassword() throws -> String {
    guard let password = PasswordPrompt.read() else {
        throw ValidationError("no password came, or the two differ")
    }
    return password
}
