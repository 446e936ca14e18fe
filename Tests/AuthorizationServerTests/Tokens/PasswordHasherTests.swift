import Cryptography
import Testing

@testable import AuthorizationServer

struct PasswordHasherTests {
    private static func cheap() throws -> PasswordHash.Parameters {
        try #require(PasswordHash.Parameters(costExponent: 4, blockSize: 8, parallelism: 1))
    }

    private static let password = [UInt8]("correct horse".utf8)

    @Test
    func knowsItsPasswords() async throws {
        let hasher = PasswordHasher(parameters: try Self.cheap())
        let text = try await hasher.make(Self.password)
        #expect(try await hasher.verify(Self.password, against: text).matches)
        #expect(try await !hasher.verify(Self.password + [1], against: text).matches)
        #expect(try await !hasher.verify(Self.password, against: "nonsense").matches)
        #expect(try await !hasher.verify(Self.password, against: nil).matches)
    }

    @Test
    func aCrowdIsServedInTurn() async throws {
        let hasher = PasswordHasher(parameters: try Self.cheap())
        let text = try await hasher.make(Self.password)
        let matches = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<60 as Range<UInt8> {
                group.addTask {
                    let password = number % 2 == 0 ? Self.password : [number]
                    return try await hasher.verify(password, against: text).matches
                }
            }
            var count = 0
            for try await isRight in group where isRight {
                count += 1
            }
            return count
        }
        #expect(matches == 30)
    }

    /// One thread, nobody may wait, and a hash that takes long: most of a crowd must be sent away,
    /// and the pool must be free again afterwards.
    @Test
    func moreThanMayWaitAreSentAway() async throws {
        let slow = try #require(
            PasswordHash.Parameters(costExponent: 14, blockSize: 8, parallelism: 4)
        )
        let hasher = PasswordHasher(parameters: slow, threadCountMax: 1, waitingCountMax: 1)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do {
                        _ = try await hasher.make(Self.password)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count == 40)
        #expect(outcomes.contains(true))
        #expect(outcomes.contains(false))
        #expect(try await hasher.make(Self.password).hasPrefix("$scrypt$"))
    }
}
