import Configuration
import EventLoop
import Glibc
import JSON
import Testing

@testable import Gateway

struct ControlSocketTests {
    /// Asks in a thread of its own, as another process would: the socket's own work needs the few
    /// threads that run tests.
    private func ask(_ path: String, _ line: [UInt8]) async throws -> OperatorAnswer {
        try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try startThread(name: "operator") {
                    continuation.resume(with: Result { try Self.wait(path, line) })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private static func wait(_ path: String, _ line: [UInt8]) throws -> OperatorAnswer {
        let connection = try LocalConnection(connectingTo: path)
        try connection.write((line + [UInt8(ascii: "\n")]).span, within: Timeout(.seconds(60)))
        let answer = try connection.readLine(limit: 1 << 20, within: Timeout(.seconds(60)))
        return try #require(OperatorAnswer(answer))
    }

    private func ask(
        _ path: String,
        _ command: OperatorCommand
    ) async throws -> OperatorAnswer {
        var line: [UInt8] = []
        command.json.write(into: &line)
        return try await ask(path, line)
    }

    @Test
    func commandsAreCarriedOutByTheRunningGateway() async throws {
        let place = try Workplace()
        let plane = try await place.open()
        let socket = try ControlSocket.start(
            stateDirectory: place.settings.stateDirectory,
            desk: OperatorDesk(plane: plane) {},
            log: place.log
        )
        let path = place.socketPath
        #expect(try FileSystem.status(of: path).mode & 0o777 == 0o600)
        let added = try await ask(
            path,
            .addUser(
                email: "alice@example.com",
                password: "correct horse battery",
                name: "Al\u{1B}ice",
                project: nil
            )
        )
        #expect(added.fault != nil, "a name that steers terminals was taken")
        let made = try await ask(
            path,
            .addUser(
                email: "alice@example.com",
                password: "correct horse battery",
                name: nil,
                project: "shop"
            )
        )
        #expect(made.fault == nil && made.lines.count == 1)
        let listed = try await ask(path, .listUsers(project: nil, limit: 500, after: nil))
        #expect(listed.lines.count == 1 && listed.lines[0].contains("alice@example.com"))
        #expect(listed.next == nil)
        #expect(
            try await ask(path, .grant("nothing", to: "alice@example.com", project: nil)).fault
                != nil
        )
        #expect(
            try await ask(path, .grant("orders", to: "alice@example.com", project: nil)).fault
                == nil
        )
        #expect(try await ask(path, .disableUser("alice@example.com", project: nil)).fault == nil)
        let keys = try await ask(path, .listKeys).lines.count
        #expect(try await ask(path, .rotateKeys(realm: "server")).fault == nil)
        #expect(try await ask(path, .listKeys).lines.count == keys + 1)
        #expect(try await ask(path, .rotateKeys(realm: "nobody")).fault != nil)
        let log = try place.logText()
        #expect(log.contains("users disable") && log.contains("keys rotate"))
        #expect(!log.contains("correct horse"), "a password is in the log")
        socket.close()
        #expect(throws: SystemFault.self) { try LocalConnection(connectingTo: path) }
        await plane.close(waits: true)
    }

    @Test
    func whatIsNoCommandIsRefused() async throws {
        let place = try Workplace()
        let plane = try await place.open()
        let socket = try ControlSocket.start(
            stateDirectory: place.settings.stateDirectory,
            desk: OperatorDesk(plane: plane) {},
            log: place.log
        )
        for line in [
            "", "garbage", "[]", "{}", #"{"command":"users disable"}"#, #"{"command":7}"#,
            #"{"command":"users list","limit":"9"}"#, #"{"command":"shut down"}"#,
            #"{"command":"users add","user":"a@b.test"}"#,
        ] {
            #expect(try await ask(place.socketPath, Array(line.utf8)).fault != nil, "\(line)")
        }
        let long = [UInt8](repeating: UInt8(ascii: " "), count: ControlSocket.commandSizeMax + 1)
        #expect((try? await ask(place.socketPath, long))?.fault != nil)
        // Who says nothing and leaves does not keep the next one waiting.
        _ = try LocalConnection(connectingTo: place.socketPath)
        #expect(try await ask(place.socketPath, .listKeys).fault == nil)
        socket.close()
        await plane.close(waits: false)
    }

    @Test
    func nameIsTakenOverFromTheDeadOnly() async throws {
        let place = try Workplace()
        let path = place.socketPath
        do {
            let first = try LocalListener(path: path)
            #expect(throws: SystemFault(call: "bind", code: EADDRINUSE)) {
                _ = try LocalListener(path: path)
            }
            _ = first
        }
        // The first is gone and has left its name behind.
        #expect((try? FileSystem.status(of: path)) != nil)
        let second = try LocalListener(path: path)
        _ = try LocalConnection(connectingTo: path)
        second.close()
        #expect(throws: SystemFault.self) {
            try LocalListener(path: "/tmp/" + String(repeating: "a", count: 120))
        }
    }

    @Test(arguments: [
        OperatorCommand.addUser(email: "a@b.test", password: "p", name: nil, project: "x"),
        .addUser(email: "a@b.test", password: "p", name: "A \"B\"", project: nil),
        .listUsers(project: "x", limit: 7, after: "id"), .disableUser("a", project: nil),
        .enableUser("a", project: "x"), .setPassword("a", password: "p", project: nil),
        .verifyUser("a", project: nil), .grant("s", to: "a", project: "x"),
        .revoke("s", from: "a", project: nil), .listKeys, .rotateKeys(realm: nil),
        .rotateKeys(realm: "server"),
    ])
    func commandsArriveAsTheyWereSent(_ command: OperatorCommand) throws {
        var line: [UInt8] = []
        command.json.write(into: &line)
        let value = try JSONValue.parse(line.span, limits: JSONLimits(size: 4_096, depth: 2))
        #expect(value.object.flatMap { OperatorCommand($0) } == command)
    }
}
