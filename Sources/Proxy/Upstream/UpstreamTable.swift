import Configuration

/// The upstreams of one worker.
struct UpstreamTable {
    private var groups: [UpstreamGroup] = []

    /// Takes the upstreams of a new conf, with the addresses known of each, in its order.
    mutating func adopt(_ snapshot: Snapshot, _ targets: [[TargetState]], worker: Int) {
        let previous = groups
        groups = snapshot.settings.upstreams.enumerated().map { index, settings in
            let group = UpstreamGroup(
                settings,
                index: index,
                tls: snapshot.upstreamTLS[index],
                workerCount: snapshot.settings.workerCount,
                firstTurn: worker
            )
            group.update(targets[index])
            return group
        }
        for group in previous {
            group.retire()
        }
    }

    /// Takes the addresses of one upstream.
    mutating func update(_ name: String, _ states: [TargetState]) {
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
