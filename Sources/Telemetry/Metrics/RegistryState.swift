import Synchronization

extension MetricsRegistry {
    /// The blocks of one worker and one conf.
    internal struct Block {
        internal var metrics: WorkerMetrics
        internal let generation: Int
    }

    /// What the lock of the registry guards.
    internal struct State {
        internal var blocks: [Block] = []
        internal var generation = 0
        internal var logs: [BatchQueue] = []
        internal var endedLogs = LogTotals()
        internal var folded: [SeriesKey: [UInt64]] = [:]
        internal var keyFetches: [String: UInt64] = [:]
        internal var keySets: [String: KeySetState] = [:]
        internal var reloadSuccessCount = 0
        internal var reloadFailureCount = 0
        internal var lastReloadSucceeded = true
        internal var lastReloadSeconds: Int64?
    }

    /// One series, whatever conf it was counted under.
    internal struct SeriesKey: Hashable {
        internal let family: MetricFamily
        internal let labels: String
    }
}

extension MetricsRegistry.State {
    /// Keeps the totals of blocks that only this registry still holds: nobody can write to them any
    /// more, because nobody can get at them.
    internal mutating func foldAbandonedBlocks() {
        var index = 0
        while index < blocks.count {
            guard blocks[index].generation < generation,
                isKnownUniquelyReferenced(&blocks[index].metrics)
            else {
                index += 1
                continue
            }
            // Pairs with the release of the last other reference: its writes are seen here.
            atomicMemoryFence(ordering: .acquiring)
            let metrics = blocks.remove(at: index).metrics
            for series in metrics.layout.series where series.family.kind != .gauge {
                let cells = metrics.cells(of: series)
                if cells.contains(where: { $0 != 0 }) {
                    fold(cells, family: series.family, labels: series.labels)
                }
            }
        }
    }

    /// Everything counted so far, by family, in the order of the newest conf; what only older confs
    /// knew follows.
    internal func gatherTotals() -> WorkerTotals {
        var totals = WorkerTotals()
        for block in blocks.reversed() {
            let isCurrent = block.generation == generation
            for series in block.metrics.layout.series {
                if series.family.kind == .gauge, !isCurrent { continue }
                totals.add(block.metrics.cells(of: series), to: series.family, series.labels)
            }
        }
        for (key, cells) in folded.sorted(by: { $0.key.labels < $1.key.labels }) {
            totals.add(cells, to: key.family, key.labels)
        }
        totals.workerCount = blocks.count { $0.generation == generation }
        return totals
    }

    private mutating func fold(_ cells: [UInt64], family: MetricFamily, labels: String) {
        let key = MetricsRegistry.SeriesKey(family: family, labels: labels)
        if let held = folded[key] {
            folded[key] = zip(held, cells).map { $0 &+ $1 }
        } else if folded.count < Self.foldedCountMax {
            folded[key] = cells
        }
    }

    /// Series of confs that are gone.
    ///
    /// Ten thousand: a hundred routes with a hundred reloads that renamed them all; beyond that,
    /// what a forgotten route counted is forgotten too.
    private static let foldedCountMax = 10_000
}

/// The sums of all workers, series by series.
internal struct WorkerTotals {
    internal private(set) var rows: [[Row]]
    /// The workers of the newest conf.
    internal var workerCount = 0
    private var places: [MetricsRegistry.SeriesKey: Int] = [:]

    internal init() {
        rows = MetricFamily.allCases.map { _ in [] }
    }

    /// Adds the cells of one block to the sum of their series.
    internal mutating func add(_ cells: [UInt64], to family: MetricFamily, _ labels: String) {
        let key = MetricsRegistry.SeriesKey(family: family, labels: labels)
        guard let place = places[key] else {
            if family.hidesZeros, cells.allSatisfy({ $0 == 0 }) { return }
            places[key] = rows[family.rawValue].count
            rows[family.rawValue].append(Row(labels: labels, cells: cells))
            return
        }
        for index in cells.indices {
            rows[family.rawValue][place].cells[index] &+= cells[index]
        }
    }

    /// One series.
    internal struct Row {
        internal let labels: String
        internal var cells: [UInt64]
    }
}

/// Writes the families that workers count.
internal struct WorkerExposition {
    private let totals: WorkerTotals

    internal init(_ totals: WorkerTotals) {
        self.totals = totals
    }

    internal func append(to text: inout ExpositionText) {
        for family in MetricFamily.allCases {
            let rows = totals.rows[family.rawValue]
            guard !rows.isEmpty else { continue }
            text.begin(family.name, help: family.help, kind: family.kind)
            for row in rows {
                switch family.kind {
                case .counter: text.sample(family.name, labels: row.labels, "\(row.cells[0])")
                case .gauge: text.sample(family.name, labels: row.labels, share(row.cells[0]))
                case .histogram:
                    text.histogram(family.name, labels: row.labels, cells: row.cells)
                }
            }
        }
        appendOpenConnections(to: &text)
    }

    /// The share of workers that do not hold a server for down.
    private func share(_ downCount: UInt64) -> String {
        let workers = max(1, totals.workerCount)
        return "\(1 - Double(downCount) / Double(workers))"
    }

    /// What was accepted and has not ended.
    private func appendOpenConnections(to text: inout ExpositionText) {
        let accepted = totals.rows[MetricFamily.connectionsAccepted.rawValue].first?.cells[0] ?? 0
        let closed = totals.rows[MetricFamily.connectionsClosed.rawValue].first?.cells[0] ?? 0
        // Counted by threads that do not wait for this one: an end may be seen before its beginning.
        text.single(
            "gatehouse_connections_open",
            help: "Connections of peers that are open.",
            kind: .gauge,
            "\(accepted > closed ? accepted - closed : 0)"
        )
    }
}

extension WorkerMetrics {
    /// The cells of a series as they are now.
    internal func cells(of series: MetricSeries) -> [UInt64] {
        (series.firstCell..<series.firstCell + series.family.width).map { value(at: $0) }
    }
}
