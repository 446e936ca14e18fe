import TLS
import Testing

@Suite
struct SharingTests {
    @Test(.timeLimit(.minutes(1)))
    func workersShareContextsAndTickets() async throws {
        let folder = TemporaryFolder()
        let certificate = TestCertificate(.p256, TestTraits(names: "DNS:localhost,DNS:a.test"))
        let identity = try certificate.identity()
        let tickets = TicketKeys()
        let server = try TLSServerContext(
            default: identity,
            named: [(["a.test"], identity)],
            tickets: tickets,
            applicationProtocols: ["http/1.1"]
        )
        let client = try TLSClientContext(
            trustedCertificatesPath: folder.file("ca.pem", certificate.pem)
        )
        let visitCount = 25
        let visits = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    try Self.work(
                        client,
                        server,
                        name: worker < 2 ? "a.test" : "localhost",
                        visitCount
                    )
                }
            }
            group.addTask {
                for _ in 0..<200 {
                    tickets.rotate()
                    await Task.yield()
                }
                return 0
            }
            return try await group.reduce(0, +)
        }
        #expect(visits == 4 * visitCount)
    }

    private static func work(
        _ client: TLSClientContext,
        _ server: TLSServerContext,
        name: String,
        _ visitCount: Int
    ) throws -> Int {
        var session: TLSSession?
        var done = 0
        for _ in 0..<visitCount {
            let wire = Wire()
            let near = try client.makeConnection(
                descriptor: wire.client,
                serverName: name,
                resuming: session
            )
            let far = try server.makeConnection(descriptor: wire.server)
            guard shake(near, far) == (.complete, .complete) else { continue }
            guard far.write([1].span) == .bytes(1), readOnce(near).bytes == [1] else { continue }
            session = near.resumableSession
            done += 1
        }
        return done
    }
}
