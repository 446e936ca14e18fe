import Access
import AuthorizationServer
import Configuration
import EventLoop
import JOSE
import Testing

@testable import Gateway

struct AuthorizationPlaneTests {
    private func message(of work: () async throws -> Void) async -> String? {
        do {
            try await work()
            return nil
        } catch let fault as StartFault {
            return fault.message
        } catch {
            return "\(error)"
        }
    }

    @Test
    func firstStartMakesStoreAndKey() async throws {
        let place = try Workplace()
        let plane = try await place.open()
        let key = try FileSystem.status(of: place.sealingKeyPath)
        #expect(key.size == 32 && key.mode & 0o777 == 0o600)
        #expect(try place.logText().contains("made the sealing key"))
        #expect(plane.ring.list().count == 1)
        let first = plane.ring.list().map(\.id)
        await plane.close(waits: true)
        let again = try await place.open()
        #expect(again.ring.list().map(\.id) == first)
        await again.close(waits: true)
    }

    @Test
    func heldStoreIsNamedWithItsHolder() async throws {
        let place = try Workplace()
        let plane = try await place.open()
        let message = await message { _ = try await place.open() }
        #expect(message?.contains("held by process") == true, "\(message ?? "")")
        await plane.close(waits: true)
    }

    @Test
    func wrongKeyStopsTheStartAndIsNamed() async throws {
        let place = try Workplace()
        try await place.open().close(waits: true)
        try FileSystem.replace(
            path: place.sealingKeyPath,
            with: [UInt8](repeating: 1, count: 32).span,
            mode: 0o600
        )
        let wrong = await message { _ = try await place.open() }
        #expect(wrong?.contains("sealing_key file:\(place.sealingKeyPath)") == true)
        try FileSystem.replace(path: place.sealingKeyPath, with: [1, 2, 3].span, mode: 0o600)
        let short = await message { _ = try await place.open() }
        #expect(short?.contains("fewer than 32 bytes") == true, "\(short ?? "")")
        try FileSystem.remove(path: place.sealingKeyPath)
        let missing = await message { _ = try await place.open() }
        #expect(missing?.contains("is missing") == true, "\(missing ?? "")")
        #expect((try? FileSystem.status(of: place.sealingKeyPath)) == nil)
    }

    @Test
    func keyThatOthersMayReadIsWarnedOf() async throws {
        let place = try Workplace()
        try FileSystem.replace(
            path: place.sealingKeyPath,
            with: [UInt8](repeating: 9, count: 40).span,
            mode: 0o644
        )
        try await place.open().close(waits: true)
        #expect(try place.logText().contains("others than its owner"))
    }

    @Test
    func keysOfOurOwnStandBesideFetchedOnes() async throws {
        let place = try Workplace()
        let plane = try await place.open()
        let fetched = place.settings.issuers.map { _ in KeySetVersion.absent }
        let before = plane.keys(place.settings.issuers, beside: fetched)
        #expect(before.count == place.settings.issuers.count)
        #expect(before.allSatisfy { $0.keySet?.isEmpty == false && $0.generation > 0 })
        try await plane.ring.rotate(realm: .server, now: .now())
        let after = plane.keys(place.settings.issuers, beside: before)
        #expect(zip(before, after).allSatisfy { $0.generation < $1.generation })
        await plane.close(waits: true)
    }

    @Test
    func requestsAreAnsweredUntilItIsClosed() async throws {
        let place = try Workplace()
        let plane = try await place.open()
        let request = ControlRequest(
            endpoint: .keySet,
            method: "GET",
            path: "/.well-known/jwks.json",
            clientAddress: .loopback,
            isConfidential: true,
            requestID: "one"
        )
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<64 {
                group.addTask { await plane.respond(to: request).status }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == [Int](repeating: 200, count: 64))
        await plane.close(waits: true)
    }
}
