import Synchronization

extension MetricsRegistry.State {
    /// Keys and reloads.
    internal func appendControlPlane(to text: inout ExpositionText, nowSeconds: Int64) {
        appendKeySets(to: &text, nowSeconds: nowSeconds)
        appendReloads(to: &text)
    }

    private func appendKeySets(to text: inout ExpositionText, nowSeconds: Int64) {
        let sorted = keySets.sorted { $0.key < $1.key }
        appendGauge("gatehouse_key_set_keys", help: "Usable keys held of an issuer.", to: &text) {
            sorted.map { ($0.key, Int64($0.value.keyCount)) }
        }
        appendGauge(
            "gatehouse_key_set_age_seconds",
            help: "Time since an issuer's keys were last fetched.",
            to: &text
        ) {
            sorted.compactMap { issuer, keySet in
                keySet.fetchedSeconds.map { (issuer, max(0, nowSeconds &- $0)) }
            }
        }
        appendGauge(
            "gatehouse_key_set_served_seconds",
            help: "Time until an issuer's keys are no longer used, unless fetched before.",
            to: &text
        ) {
            sorted.compactMap { issuer, keySet in
                keySet.servedUntilSeconds.map { (issuer, max(0, $0 &- nowSeconds)) }
            }
        }
        guard !keyFetches.isEmpty else { return }
        let name = "gatehouse_key_fetches_total"
        text.begin(name, help: "Attempts to fetch an issuer's keys, by outcome.", kind: .counter)
        for (labels, count) in keyFetches.sorted(by: { $0.key < $1.key }) {
            text.sample(name, labels: labels, "\(count)")
        }
    }

    private func appendGauge(
        _ name: String,
        help: String,
        to text: inout ExpositionText,
        values: () -> [(issuer: String, value: Int64)]
    ) {
        let values = values()
        guard !values.isEmpty else { return }
        text.begin(name, help: help, kind: .gauge)
        for (issuer, value) in values {
            text.sample(name, labels: ExpositionText.labels([("issuer", issuer)]), "\(value)")
        }
    }

    private func appendReloads(to text: inout ExpositionText) {
        let name = "gatehouse_conf_reloads_total"
        text.begin(name, help: "Times that a conf was loaded, by outcome.", kind: .counter)
        text.sample(name, labels: "outcome=\"success\"", "\(reloadSuccessCount)")
        text.sample(name, labels: "outcome=\"failure\"", "\(reloadFailureCount)")
        text.single(
            "gatehouse_conf_last_reload_successful",
            help: "Whether the conf that was last read is the one in use.",
            kind: .gauge,
            lastReloadSucceeded ? "1" : "0"
        )
        if let lastReloadSeconds {
            text.single(
                "gatehouse_conf_last_reload_success_timestamp_seconds",
                help: "When the conf in use was loaded, in seconds since 1970.",
                kind: .gauge,
                "\(lastReloadSeconds)"
            )
        }
    }

    /// Keeps the totals of logs that were closed.
    internal mutating func foldEndedLogs() {
        var index = 0
        while index < logs.count {
            if isKnownUniquelyReferenced(&logs[index]) {
                atomicMemoryFence(ordering: .acquiring)
                endedLogs.add(logs.remove(at: index))
            } else {
                index += 1
            }
        }
    }

    /// The sums of all logs, closed ones included.
    internal func logTotals() -> LogTotals {
        var totals = endedLogs
        for log in logs {
            totals.add(log)
        }
        return totals
    }
}

/// What became of the lines of the access logs.
internal struct LogTotals {
    private var writtenCount: UInt64 = 0
    private var droppedCount: UInt64 = 0
    private var failedWriteCount: UInt64 = 0
    private var failedReopenCount: UInt64 = 0

    /// Adds what one log has counted.
    internal mutating func add(_ log: BatchQueue) {
        writtenCount &+= log.writtenLineCount.load(ordering: .relaxed)
        droppedCount &+= log.droppedLineCount.load(ordering: .relaxed)
        failedWriteCount &+= log.failedWriteCount.load(ordering: .relaxed)
        failedReopenCount &+= log.failedReopenCount.load(ordering: .relaxed)
    }

    internal func append(to text: inout ExpositionText) {
        text.single(
            "gatehouse_log_lines_written_total",
            help: "Lines of the access log that the system has taken.",
            kind: .counter,
            "\(writtenCount)"
        )
        text.single(
            "gatehouse_log_lines_dropped_total",
            help: "Lines of the access log that were lost: the disk is full or too slow.",
            kind: .counter,
            "\(droppedCount)"
        )
        text.single(
            "gatehouse_log_write_failures_total",
            help: "Writes to the access log that failed.",
            kind: .counter,
            "\(failedWriteCount)"
        )
        text.single(
            "gatehouse_log_reopen_failures_total",
            help: "Times that the access log could not be reopened.",
            kind: .counter,
            "\(failedReopenCount)"
        )
    }
}
