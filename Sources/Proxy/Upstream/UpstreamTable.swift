import Configuration

/// The upstreams of one worker, kept through reloads where their conf has not changed.
struct UpstreamTable {
    private var groups: [UpstreamGroup] = []
    private var settingsGeneration: UInt64?
    /// The addresses as last told, by upstream name: a reload begins with them.
    private var known: [String: [TargetState]] = [:]

    /// Takes the upstreams of a new conf.
    mutating func adopt(_ snapshot: Snapshot, worker: Int) {
        guard settingsGeneration != snapshot.settingsGeneration else { return }
        settingsGeneration = snapshot.settingsGeneration
        let previous = groups
        groups = snapshot.settings.upstreams.enumerated().map { index, settings in
            let group = UpstreamGroup(
                settings,
                index: index,
                tls: snapshot.upstreamTLS[index],
                workerCount: snapshot.settings.workerCount,
                firstTurn: worker
            )
            if let states = known[settings.name] {
                group.update(states.filter { $0.server < settings.servers.count })
            }
            return group
        }
        for group in previous {
            group.retire()
        }
    }

    /// Takes the addresses of one upstream.
    mutating func update(_ name: String, _ states: [TargetState]) {
        known[name] = states
        groups.first { $0.settings.name == name }?.update(states)
    }

    /// The group of an upstream, or `nil` where a reload has just taken it away.
    func group(_ index: Int, of snapshot: Snapshot) -> UpstreamGroup? {
        let name = snapshot.settings.upstreams[index].name
        if index < groups.count, groups[index].settings.name == name { return groups[index] }
        return groups.first { $0.settings.name == name }
    }

    /// Closes everything idle.
    mutating func retire() {
        for group in groups {
            group.retire()
        }
    }
}
