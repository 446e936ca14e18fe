import Bytes
import Configuration
import EventLoop
import TLS

/// One upstream as one worker sees it: its targets, and which is next.
final class UpstreamGroup {
    let settings: UpstreamSettings
    /// Its place in the conf, for metrics.
    let index: Int
    private(set) var targets: [UpstreamTarget] = []
    private let tls: TLSClientContext?
    private let workerCount: Int
    private var turn: Int

    init(
        _ settings: UpstreamSettings,
        index: Int,
        tls: TLSClientContext?,
        workerCount: Int,
        firstTurn: Int
    ) {
        self.settings = settings
        self.index = index
        self.tls = tls
        self.workerCount = workerCount
        turn = firstTurn
    }

    /// Takes the addresses as they are now; connections to those that remain are kept.
    func update(_ states: [TargetState]) {
        var next: [UpstreamTarget] = []
        for state in states where state.server < settings.servers.count {
            let known = targets.first {
                $0.state.address == state.address && $0.state.server == state.server
            }
            if let known {
                known.isHealthy = state.isHealthy
                next.append(known)
            } else {
                next.append(
                    UpstreamTarget(state, of: settings, tls: tls, workerCount: workerCount)
                )
            }
        }
        for target in targets where !next.contains(where: { $0 === target }) {
            target.retire()
        }
        targets = next
    }

    /// The target of the next exchange, or `nil` where none can take it.
    ///
    /// Servers before backups. Where all were ejected for their failures, they are tried all the
    /// same: a refused request is certain, another failure is not. One whose active check fails is
    /// never tried.
    func choose(
        for key: Span<UInt8>,
        avoiding avoided: UpstreamTarget?,
        at now: Instant
    ) -> UpstreamTarget? {
        pick(key, avoided) { !$0.server.isBackup && $0.isAvailable(at: now) }
            ?? pick(key, avoided) { $0.server.isBackup && $0.isAvailable(at: now) }
            ?? pick(key, nil) { $0.isAvailable(at: now) }
            ?? pick(key, nil) { $0.isHealthy }
    }

    /// Closes everything idle, and keeps nothing idle from here on.
    ///
    /// The targets stay: a request that was taken on before may still need one, or another.
    func retire() {
        for target in targets {
            target.retire()
        }
    }

    private func pick(
        _ key: Span<UInt8>,
        _ avoided: UpstreamTarget?,
        where isEligible: (UpstreamTarget) -> Bool
    ) -> UpstreamTarget? {
        switch settings.balance {
        case .hashOfSubject: pickByHash(key, avoided, isEligible)
        case .leastConnections: pickLeastLoaded(avoided, isEligible)
        case .roundRobin: pickNext(avoided, isEligible)
        }
    }

    private func pickNext(
        _ avoided: UpstreamTarget?,
        _ isEligible: (UpstreamTarget) -> Bool
    ) -> UpstreamTarget? {
        var total = 0
        for target in targets where target !== avoided && isEligible(target) {
            total += target.server.weight
        }
        guard total > 0 else { return nil }
        turn = (turn + 1) % total
        var rest = turn
        for target in targets where target !== avoided && isEligible(target) {
            rest -= target.server.weight
            if rest < 0 { return target }
        }
        return nil
    }

    /// The least busy for its weight; of equals, another each time.
    private func pickLeastLoaded(
        _ avoided: UpstreamTarget?,
        _ isEligible: (UpstreamTarget) -> Bool
    ) -> UpstreamTarget? {
        var best: UpstreamTarget?
        turn = targets.isEmpty ? 0 : (turn + 1) % targets.count
        for offset in 0..<targets.count {
            let target = targets[(turn + offset) % targets.count]
            guard target !== avoided, isEligible(target) else { continue }
            guard let held = best else {
                best = target
                continue
            }
            if target.activeCount * held.server.weight < held.activeCount * target.server.weight {
                best = target
            }
        }
        return best
    }

    /// Highest random weight: a user stays with a server as long as it is there, on every worker
    /// and after every restart, and only the users of a lost server move.
    private func pickByHash(
        _ key: Span<UInt8>,
        _ avoided: UpstreamTarget?,
        _ isEligible: (UpstreamTarget) -> Bool
    ) -> UpstreamTarget? {
        var best: (target: UpstreamTarget, score: UInt64)?
        for target in targets where target !== avoided && isEligible(target) {
            let name = target.name
            let score = Self.score(key, name.span)
            if score >= best?.score ?? 0 {
                best = (target, score)
            }
        }
        return best?.target
    }

    /// FNV-1a over the key and the target's name, mixed once more.
    private static func score(_ key: Span<UInt8>, _ name: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<key.count {
            hash = (hash ^ UInt64(key[index])) &* 0x100_0000_01B3
        }
        for index in 0..<name.count {
            hash = (hash ^ UInt64(name[index])) &* 0x100_0000_01B3
        }
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ hash >> 33
    }
}
