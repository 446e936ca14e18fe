import Foundation
import Testing

extension EndToEnd {
    /// The process: signals, files that change, and its other commands.
    @Suite
    struct ProcessTests {
        @Test
        func reloadTakesGoodConfsAndRefusesBadOnes() throws {
            let site = try Site()
            let conf = Command.read("\(site.folder)/gateway.conf")
            #expect(try site.curl("/new/1").status == 404)
            try site.write(
                "gateway.conf",
                conf + "route /new/ { upstream orders; access public; }\n"
            )
            site.signal(SIGHUP)
            #expect(waitUntil { site.log.contains("the conf was reloaded") })
            #expect(try site.curl("/new/1").status == 200)
            try site.write("gateway.conf", conf + "rout /newer/ { }\n")
            let before = site.log.count
            site.signal(SIGHUP)
            #expect(waitUntil { site.log.count > before })
            #expect(site.isRunning)
            #expect(try site.curl("/new/1").status == 200)
            #expect(try site.curl("/orders/1", token: site.token()).status == 200)
        }

        @Test(arguments: ["127.0.0.1", "localhost"])
        func firstRequestFindsItsServer(host: String) throws {
            // The more workers, the longer the first of them listens before the others.
            let site = try Site(awaitsStart: false) { conf in
                "workers 16;\n"
                    + conf.replacing(/workers [^;]*;/, with: "").replacing(
                        /server +127\.0\.0\.1:/,
                        with: "server \(host):"
                    )
            }
            var first: Response?
            #expect(
                waitUntil {
                    guard let wire = try? site.plain() else { return false }
                    try? wire.send("GET /public/1 HTTP/1.1\r\nHost: a\r\n\r\n")
                    first = try? wire.readResponse()
                    return true
                }
            )
            #expect(first?.status == 200, "\(String(describing: first)) \(site.log)")
        }

        @Test
        func reloadAddsServersByName() throws {
            let site = try Site { conf in
                conf.replacing(/server +127\.0\.0\.1:/, with: "server localhost:")
            }
            let conf = Command.read("\(site.folder)/gateway.conf")
            let server = "server localhost:\(site.backEnd.port)"
            for added in ["server 127.0.0.1:\(site.backEnd.port); \(server)", server] {
                let before = site.log.components(separatedBy: "the conf was").count
                try site.write("gateway.conf", conf.replacing(server, with: added))
                site.signal(SIGHUP)
                var statuses: Set<Int> = []
                repeat {
                    let wire = try site.plain()
                    try wire.send("GET /public/1 HTTP/1.1\r\nHost: a\r\n\r\n")
                    statuses.insert(try wire.readResponse().status)
                } while site.log.components(separatedBy: "the conf was").count == before
                #expect(statuses == [200], "\(site.log)")
                #expect(site.log.contains("the conf was reloaded"))
            }
        }

        @Test
        func connectionsOfARemovedListenerEnd() throws {
            let site = try Site()
            let conf = Command.read("\(site.folder)/gateway.conf")
            let wire = try site.plain()
            try wire.send("GET /public/1 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try wire.readResponse().status == 200)
            let busy = try site.plain()
            try busy.send("PUT /public/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
            #expect(waitUntil { site.backEnd.requests.count == 2 })
            try site.write(
                "gateway.conf",
                conf.replacing("listen 127.0.0.1:\(site.plainPort);", with: "")
            )
            site.signal(SIGHUP)
            #expect(waitUntil { site.log.contains("the conf was reloaded") })
            try busy.send("b")
            #expect(try busy.readResponse().status == 200, "what ran was cut off")
            #expect(try busy.isClosedByPeer())
            try? wire.send("GET /public/2 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try wire.isClosedByPeer())
            #expect(try site.curl("/public/3").status == 200)
            #expect(site.isRunning)
        }

        @Test
        func certificateThatChangesIsUsed() throws {
            let site = try Site()
            #expect(try site.curl("/public/1").status == 200)
            try site.writeCertificate()
            // Verified by the new certificate from now on: the old one does not pass.
            #expect(waitUntil(site.isTrusted), "\(site.log)")
            #expect(try site.curl("/public/1").status == 200)
        }

        @Test
        func logIsOpenedAgain() throws {
            let site = try Site()
            let log = "\(site.folder)/logs/access.log"
            #expect(try site.curl("/public/first").status == 200)
            #expect(waitUntil { site.accessLog.contains("/public/first") })
            try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
            site.signal(SIGUSR1)
            #expect(waitUntil { FileManager.default.fileExists(atPath: log) })
            #expect(try site.curl("/public/second").status == 200)
            #expect(waitUntil { site.accessLog.contains("/public/second") })
            #expect(!Command.read(log + ".1").contains("/public/second"))
        }

        @Test
        func stopDrains() throws {
            let site = try Site()
            let wire = try site.plain()
            try wire.send("PUT /public/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
            #expect(waitUntil { site.backEnd.requests.count == 1 })
            site.signal(SIGTERM)
            #expect(
                waitUntil { (try? site.plain().readHead()) == nil },
                "connections are accepted after the signal"
            )
            #expect(site.isRunning, "what runs was cut off")
            try wire.send("b")
            let answer = try wire.readResponse()
            #expect(answer.status == 200)
            #expect(site.exitCode() == 0)
        }

        @Test
        func commandsOnTheConf() throws {
            let site = try Site()
            let good = try site.gatehouse("check", "-c", "gateway.conf")
            #expect(good.code == 0, "\(good.output)\(good.errors)")
            try site.write(
                "bad.conf",
                "workers 0;\nlisten 127.0.0.1:1;\nrout / { }\nroute / { scop a; }\n"
            )
            let bad = try site.gatehouse("check", "-c", "bad.conf")
            #expect(bad.code == 1)
            let said = bad.output + bad.errors
            #expect(said.contains("bad.conf:3:1: error:"), "\(said)")
            #expect(said.contains("bad.conf:4:"), "\(said)")
            #expect(said.contains("did you mean `scope`?"), "\(said)")

            try site.write("good.jwt", try site.token())
            try site.write("poor.jwt", try site.token(scope: "profile"))
            for (file, code) in [("good.jwt", Int32(0)), ("poor.jwt", 1)] {
                let told = try site.gatehouse(
                    "explain",
                    "-c",
                    "gateway.conf",
                    "--path",
                    "/orders/1",
                    "--token-file",
                    file
                )
                #expect(told.code == code, "\(told.output)\(told.errors)")
                #expect(told.output.contains(code == 0 ? "x-stack-user-id" : "scope"))
            }

            #expect(try site.curl("/orders/1").status == 401)
            #expect(try site.curl("/orders/1", token: site.token(scope: "x")).status == 403)
            #expect(waitUntil { site.accessLog.contains("scope_insufficient") })
            let table = try site.gatehouse("logs", "rejected", "-c", "gateway.conf")
            #expect(table.code == 0, "\(table.errors)")
            #expect(table.output.contains("token_missing"), "\(table.output)")
            #expect(table.output.contains("scope_insufficient"), "\(table.output)")
        }

        @Test
        func demoDoesWhatItPrints() throws {
            let folder = NSTemporaryDirectory() + "gatehouse-demo-\(UUID().uuidString)"
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true
            )
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let port = try #require(Site.freePorts(1).first)
            let output = "\(folder)/output"
            _ = FileManager.default.createFile(atPath: output, contents: nil)
            let demo = Process()
            demo.executableURL = URL(fileURLWithPath: Site.binary)
            demo.arguments = ["demo", "--port", "\(port)"]
            demo.currentDirectoryURL = URL(fileURLWithPath: folder)
            demo.standardInput = FileHandle.nullDevice
            demo.standardOutput = FileHandle(forWritingAtPath: output)
            let errors = "\(folder)/errors"
            _ = FileManager.default.createFile(atPath: errors, contents: nil)
            demo.standardError = FileHandle(forWritingAtPath: errors)
            try demo.run()
            defer { if demo.isRunning { kill(demo.processIdentifier, SIGKILL) } }
            #expect(
                waitUntil {
                    Command.read(output).contains("Ctrl-C ends") || !demo.isRunning
                }
            )
            let said = Command.read(output).components(separatedBy: "\n")
            let commands = said.filter { $0.hasPrefix("curl ") }
            try #require(commands.count == 3, "\(Command.read(output))\(Command.read(errors))")
            let answers = try commands.map {
                Response(head: try Command.run("/bin/sh", ["-c", $0], in: folder).output, body: "")
            }
            #expect(answers.map(\.status) == [200, 401, 403], "\(answers)")
            #expect(answers[0].head.contains("x-stack-user-id: alice"))
            #expect(answers[1].head.contains("token_expired"))
            #expect(answers[2].head.contains("scope_insufficient"))
            kill(demo.processIdentifier, SIGINT)
            #expect(waitUntil { !demo.isRunning })
            try #require(!demo.isRunning)
            #expect(demo.terminationReason == .exit && demo.terminationStatus == 0)
        }
    }
}
