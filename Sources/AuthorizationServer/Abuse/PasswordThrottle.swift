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

    /// Seconds that this account and address still have to rest, or `nil` where it may try.
    func rest(
        account: String,
        address: IPAddress,
        limits: AuthorizationLimitSettings,
        now: Int64
    ) -> Int64? {
        let rest = limits.passwordFailureRest.wholeMilliseconds
        return failures.withLock { failures in
            let keys = Self.keys(account, address, limits)
            let waits = keys.compactMap { key, most -> Int64? in
                guard let found = failures[key], found.count >= most, now < found.lastAt + rest
                else { return nil }
                return (found.lastAt + rest - now) / 1000 + 1
            }
            return waits.max()
        }
    }

    /// A wrong password.
    func failed(
        account: String,
        address: IPAddress,
        limits: AuthorizationLimitSettings,
        now: Int64
    ) {
        let rest = limits.passwordFailureRest.wholeMilliseconds
        failures.withLock { failures in
            if failures.count >= Self.countMax {
                failures = failures.filter { now < $0.value.lastAt + rest }
                while failures.count >= Self.countMax, let any = failures.keys.first {
                    failures[any] = nil
                }
            }
            for (key, _) in Self.keys(account, address, limits) {
                var found = failures[key] ?? Failures(count: 0, lastAt: now)
                if now >= found.lastAt + rest { found.count = 0 }
                found.count += 1
                found.lastAt = now
                failures[key] = found
            }
        }
    }

    /// The right one: the account's own failures from there are forgotten.
    func succeeded(account: String, address: IPAddress) {
        failures.withLock { $0[.account(account, address.networkKey)] = nil }
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
