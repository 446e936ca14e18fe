import JSON
import Testing

@testable import Access

/// What is dead before its time, and how a worker comes to know.
@Suite
struct RevocationTests {
    private func entries(_ range: Range<Int>, expiry: Int64) -> [RevocationLog.Entry] {
        range.map { RevocationLog.Entry(id: "s\($0)", expiry: expiry) }
    }

    private func token(session: JSONValue?, id: JSONValue? = nil) throws -> OwnClaims {
        let claims = Kit.claims.with("refresh_token_id", session).with("jti", id)
        return try #require(try Kit.own(claims).own)
    }

    @Test
    func sessionsAndTokensDie() throws {
        let log = RevocationLog()
        let known = RevocationSet(log)
        let first = try token(session: "s1")
        let second = try token(session: nil, id: "j1")
        #expect(!known.catchUp(now: 0) && !known.isRevoked(first) && !known.isRevoked(second))
        log.append([RevocationLog.Entry(id: "s1", expiry: 100)])
        #expect(known.catchUp(now: 0) && known.isRevoked(first) && !known.isRevoked(second))
        #expect(!known.catchUp(now: 0))
        log.append([RevocationLog.Entry(id: "j1", expiry: 100)])
        #expect(known.catchUp(now: 0) && known.isRevoked(second))
        #expect(!known.isRevoked(try token(session: "s", id: "j")))
        #expect(!known.isRevoked(try token(session: nil)))
    }

    @Test
    func nothingGrowsWithoutBound() {
        let log = RevocationLog()
        let known = RevocationSet(log)
        for round in 0..<200 {
            let now = Int64(round) * 10
            log.append(entries(round * 100..<(round + 1) * 100, expiry: now + 20), now: now)
            _ = known.catchUp(now: now)
        }
        #expect(log.generation == 20_000)
        #expect(log.heldCount <= 2048 && known.count <= 2048)
    }

    @Test
    func whoLagsMissesOnlyTheDead() throws {
        let log = RevocationLog()
        let late = RevocationSet(log)
        log.append(entries(0..<10, expiry: 50))
        _ = late.catchUp(now: 0)
        log.append(entries(10..<20, expiry: 60))
        log.append([RevocationLog.Entry(id: "alive", expiry: 1000)])
        log.append(entries(20..<30, expiry: 70))
        log.dropExpired(before: 100)
        #expect(log.heldCount == 1 && log.entries(since: 0).map(\.id) == ["alive"])
        #expect(log.entries(since: 21).isEmpty)
        #expect(late.catchUp(now: 100))
        #expect(late.isRevoked(try token(session: "alive")))
        #expect(!late.isRevoked(try token(session: "s15")))
        #expect(late.generation == log.generation)
        log.append([RevocationLog.Entry(id: "next", expiry: 1000)])
        let next = try token(session: "next")
        #expect(late.catchUp(now: 100) && late.isRevoked(next))
    }

    @Test
    func aNewWorkerKnowsAll() throws {
        let log = RevocationLog()
        log.append(entries(0..<5, expiry: 50), now: 10)
        let fresh = RevocationSet(log)
        _ = fresh.catchUp(now: 10)
        #expect(fresh.isRevoked(try token(session: "s3")))
    }
}
