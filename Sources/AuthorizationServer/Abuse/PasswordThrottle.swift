import Configuration
import EventLoop
import Synchronization

/// Counts wrong passwords by account and by address: who guesses rests (users.md, "Login brute force").
///
/// An account rests for one address only, so that nobody can lock somebody else out of theirs; an
/// address that tries many accounts rests altogether.
final class PasswordThrottle: Sendable {
    /// Whose failures they are.
    private enum Key: Hashable {
        case account(String, NetworkKey)
        case address(NetworkKey)
    }

    private struct Failures {
        var count: Int
        /// Milliseconds since 1970.
        var lastAt: Int64
    }

    private let failures = Mutex<[Key: Failures]>([:])

    /// Counts a try before its outcome is known, so that many at once cannot outrun the count.
    ///
    /// - Returns: `nil` where it may be made, else the seconds that this account and address still
    ///   have to rest.
    func take(
        account: String,
        address: IPAddress,
        limits: AuthorizationLimitSettings,
        now: Int64
    ) -> Int64? {
        let rest = limits.passwordFailureRest.wholeMilliseconds
        let keys = Self.keys(account, address, limits)
        return failures.withLock { failures in
            let waits = keys.compactMap { key, most -> Int64? in
                guard let found = failures[key], found.count >= most, now < found.lastAt + rest
                else { return nil }
                return (found.lastAt + rest - now) / 1000 + 1
            }
            if let wait = waits.max() { return wait }
            if failures.count >= Self.countMax {
                Self.makeRoom(in: &failures, now: now, rest: rest)
            }
            for (key, _) in keys {
                var found = failures[key] ?? Failures(count: 0, lastAt: now)
                if now >= found.lastAt + rest { found.count = 0 }
                found.count += 1
                found.lastAt = now
                failures[key] = found
            }
            return nil
        }
    }

    /// The try was right: the account's own failures from there are forgotten, and the address's
    /// count is as it was before.
    func succeeded(account: String, address: IPAddress) {
        failures.withLock { failures in
            failures[.account(account, address.networkKey)] = nil
            Self.takeBack(.address(address.networkKey), in: &failures)
        }
    }

    /// The try was neither right nor wrong: it never happened.
    func undo(account: String, address: IPAddress) {
        failures.withLock { failures in
            Self.takeBack(.account(account, address.networkKey), in: &failures)
            Self.takeBack(.address(address.networkKey), in: &failures)
        }
    }

    private static func takeBack(_ key: Key, in failures: inout [Key: Failures]) {
        guard var found = failures[key] else { return }
        found.count -= 1
        failures[key] = found.count > 0 ? found : nil
    }

    /// Forgets whoever has rested enough, and where that is nobody, any: a flood of addresses may
    /// then guess more often, and takes no more memory.
    private static func makeRoom(in failures: inout [Key: Failures], now: Int64, rest: Int64) {
        failures = failures.filter { now < $0.value.lastAt + rest }
        while failures.count >= countMax, let any = failures.keys.first {
            failures[any] = nil
        }
    }

    private static func keys(
        _ account: String,
        _ address: IPAddress,
        _ limits: AuthorizationLimitSettings
    ) -> [(Key, Int)] {
        [
            (.account(account, address.networkKey), limits.passwordFailureCount),
            (.address(address.networkKey), limits.passwordFailureCount * addressFactor),
        ]
    }

    /// Ten people behind one address may all be having a bad morning.
    private static let addressFactor = 10
    /// Some ten megabytes at most.
    private static let countMax = 65_536
}
