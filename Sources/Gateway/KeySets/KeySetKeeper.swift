public import Configuration
import EventLoop
import JOSE
public import Outbound

/// Keeps the key sets of all issuers: fetches them before they are needed, saves them, answers the
/// exchanges that ask for unknown keys, and brings changes to the workers.
///
/// The driver of one ``KeySetMachine`` per issuer, and all side effects of the machines are in this
/// type. It never waits for a network or a disk: fetches and saves are tasks whose end is an event.
public actor KeySetKeeper {
    private var entries: [IssuerEntry]
    private let archive: KeySetArchive?
    private let publisher: any KeySetPublisher
    private let sink: any KeySetEventSink
    private let clock: any ControlClock
    private var lastTicket: UInt64 = 0
    private var answers: [UInt64: CheckedContinuation<KeyAnswer, Never>] = [:]
    private var timer: Task<Void, Never>?
    private var timerDeadline: Instant?
    private var changedIssuers: Set<Int> = []
    private var isPublishing = false
    private var isRunning = false

    /// Prepares a keeper; nothing is read or asked before ``start()``.
    ///
    /// - Parameters:
    ///   - issuers: The issuers of the conf; their order is the numbering of all other calls.
    ///   - stateDirectory: Where sets are saved, or `nil` to save none. It must exist.
    ///   - client: Carries the fetches.
    ///   - publisher: Gets what changes after ``start()`` has returned.
    ///   - sink: Gets log lines and counts.
    ///   - inheriting: What ``inheritance()`` of the keeper before this one gave.
    public init(
        issuers: [IssuerSettings],
        stateDirectory: String?,
        client: OutboundClient,
        publisher: any KeySetPublisher,
        sink: any KeySetEventSink,
        inheriting: [InheritedKeySet] = []
    ) {
        self.init(
            issuers: issuers,
            stateDirectory: stateDirectory,
            transport: client,
            publisher: publisher,
            sink: sink,
            clock: SystemClock(),
            seed: .random(in: .min ... .max),
            inheriting: inheriting
        )
    }

    /// Prepares a keeper on another transport and another clock.
    init(
        issuers: [IssuerSettings],
        stateDirectory: String?,
        transport: any OutboundTransport,
        publisher: any KeySetPublisher,
        sink: any KeySetEventSink,
        clock: any ControlClock,
        seed: UInt64,
        inheriting: [InheritedKeySet]
    ) {
        let now = clock.now().instant
        entries = issuers.enumerated().map { index, settings in
            IssuerEntry(
                settings,
                transport: transport,
                seed: seed &+ UInt64(index),
                inherited: inheriting.first {
                    $0.identifier == settings.identifier && $0.source == settings.keys
                },
                now: now
            )
        }
        archive = stateDirectory.map { KeySetArchive(stateDirectory: $0) }
        self.publisher = publisher
        self.sink = sink
        self.clock = clock
    }

    /// Reads what is on disk, files and saved sets, and begins to fetch.
    ///
    /// Returns before any fetch ends: an issuer that is down delays nothing.
    ///
    /// Afterwards ``versions()`` says what is there to begin with; later changes are published.
    public func start() async {
        guard !isRunning else { return }
        for issuer in entries.indices {
            await restore(issuer)
        }
        isRunning = true
        for issuer in entries.indices {
            advance(issuer) { machine, now in machine.deadlinePassed(now: now.instant) }
        }
        for issuer in entries.indices {
            if case .file = entries[issuer].source {
                await entries[issuer].fetch?.value
            }
        }
    }

    /// What is held of every issuer, in the order of the conf.
    public func versions() -> [KeySetVersion] {
        entries.map(\.version)
    }

    /// Says whether a key that a snapshot lacks can be had; waits for a fetch where one is in order, at
    /// most 2 s.
    public func resolve(issuer: Int, keyID: String) async -> KeyAnswer {
        guard isRunning, entries.indices.contains(issuer) else {
            return .unavailable(retryAfter: .seconds(1))
        }
        if case .secret = entries[issuer].source {
            return .unknown
        }
        lastTicket += 1
        let ticket = lastTicket
        return await withCheckedContinuation { continuation in
            answers[ticket] = continuation
            advance(issuer) { machine, now in
                machine.keyRequested(keyID, ticket: ticket, now: now.instant)
            }
        }
    }

    /// How every set is, for metrics and readiness.
    public func status() -> [KeySetStatus] {
        let now = clock.now().instant
        return entries.enumerated().map { issuer, entry in
            let held = entry.machine.held
            return KeySetStatus(
                issuer: issuer,
                identifier: entry.settings.identifier,
                keyCount: held?.keys.keys.count ?? 0,
                generation: entry.machine.generation,
                age: held.map { .nanoseconds(now.nanoseconds(since: $0.fetchedAt.instant)) },
                timeUntilDropped: entry.machine.heldUntil.map {
                    .nanoseconds($0.nanoseconds(since: now))
                },
                failureCount: entry.machine.failureCount,
                lastFault: entry.lastFault,
                fetchCount: entry.fetchCount,
                fetchFailureCount: entry.fetchFailureCount,
                waitingCount: entry.machine.waitingCount
            )
        }
    }

    /// What the keeper of the next settings begins with.
    ///
    /// This one may go on until it is stopped.
    public func inheritance() -> [InheritedKeySet] {
        entries.map { entry in
            InheritedKeySet(
                identifier: entry.settings.identifier,
                source: entry.settings.keys,
                generation: entry.machine.generation,
                held: entry.machine.held
            )
        }
    }

    /// Ends fetches, answers everybody who waits, and publishes nothing any more.
    public func stop() {
        guard isRunning else { return }
        for issuer in entries.indices {
            advance(issuer) { machine, _ in machine.stopped() }
            entries[issuer].fetch?.cancel()
        }
        isRunning = false
        timer?.cancel()
        timer = nil
        changedIssuers = []
    }
}

extension KeySetKeeper {
    /// Gives a machine an event, and does what it asks for.
    private func advance(
        _ issuer: Int,
        _ event: (inout KeySetMachine<KeySet>, Moment) -> [KeySetStep]
    ) {
        let now = clock.now()
        let before = entries[issuer].machine.held
        let steps = event(&entries[issuer].machine, now)
        for step in steps {
            switch step {
            case .answer(let ticket, let answer): resume(ticket, answer, issuer: issuer)
            case .beginFetch(let cause): beginFetch(issuer, cause: cause, now: now)
            case .publish: publish(issuer)
            }
        }
        if let before, entries[issuer].machine.held == nil {
            let age = now.instant.nanoseconds(since: before.fetchedAt.instant)
            sink.keySetEvent(.dropped(ageSeconds: age / 1_000_000_000), issuer: issuer)
        }
        armTimer(now.instant)
    }

    private func resume(_ ticket: UInt64, _ answer: KeySetStep.Answer, issuer: Int) {
        let told: KeyAnswer =
            switch answer {
            case .refreshed: .refreshed(entries[issuer].version)
            case .unavailable(let seconds): .unavailable(retryAfter: .seconds(seconds))
            case .unknown: .unknown
            }
        answers.removeValue(forKey: ticket)?.resume(returning: told)
    }

    private func beginFetch(_ issuer: Int, cause: KeySetStep.FetchCause, now: Moment) {
        let entry = entries[issuer]
        entries[issuer].fetch =
            switch entry.source {
            case .fetched(let fetcher):
                Task {
                    let report = await fetcher.fetch(
                        recent: entry.recentURL(at: now.instant),
                        last: entry.discovered?.url
                    )
                    fetchEnded(issuer, report, cause: cause)
                }
            case .file: Task { readFile(issuer, cause: cause) }
            case .secret: nil
            }
    }

    private func fetchEnded(
        _ issuer: Int,
        _ report: KeySetFetcher.Report,
        cause: KeySetStep.FetchCause
    ) {
        let now = clock.now()
        if let url = report.discovered {
            entries[issuer].discovered = .init(url: url, since: now.instant, works: true)
        }
        switch report.result {
        case .success(let fetched):
            keysArrived(issuer, fetched, cause: cause)
            save(fetched, issuer: issuer, at: now)
        case .failure(let fault):
            entries[issuer].discovered?.works = false
            failed(issuer, fault)
        }
    }

    private func readFile(_ issuer: Int, cause: KeySetStep.FetchCause) {
        guard case .file(var file) = entries[issuer].source else { return }
        let now = clock.now()
        let result = Result { () throws(KeySetFetchFault) in try file.read(now: now.wallTime) }
        entries[issuer].source = .file(file)
        switch result {
        case .success(let fetched?):
            keysArrived(issuer, fetched, cause: cause)
        case .success(nil):
            advance(issuer) { machine, now in machine.fetchFoundNothingNew(now: now) }
        case .failure(let fault):
            failed(issuer, fault)
        }
    }

    private func keysArrived(
        _ issuer: Int,
        _ fetched: FetchedKeySet,
        cause: KeySetStep.FetchCause
    ) {
        guard isRunning else { return }
        let generation = entries[issuer].machine.generation
        entries[issuer].fetchCount += 1
        entries[issuer].lastFault = nil
        advance(issuer) { machine, now in machine.fetchSucceeded(fetched.keys, now: now) }
        let event = KeySetEvent.fetched(
            keyCount: fetched.keys.keys.count,
            skippedCount: fetched.keys.skipped.count,
            isChanged: entries[issuer].machine.generation != generation,
            isForUnknownKey: cause == .unknownKey
        )
        sink.keySetEvent(event, issuer: issuer)
    }

    private func failed(_ issuer: Int, _ fault: KeySetFetchFault) {
        guard isRunning else { return }
        entries[issuer].fetchFailureCount += 1
        entries[issuer].lastFault = fault.logDetail
        advance(issuer) { machine, now in machine.fetchFailed(now: now.instant) }
        let machine = entries[issuer].machine
        let now = clock.now().instant
        let event = KeySetEvent.fetchFailed(
            detail: fault.logDetail,
            label: fault.metricLabel,
            failureCount: machine.failureCount,
            heldSeconds: machine.held.map {
                now.nanoseconds(since: $0.fetchedAt.instant) / 1_000_000_000
            }
        )
        sink.keySetEvent(event, issuer: issuer)
    }

    /// Keeps one timer for all machines.
    ///
    /// One that is set too early fires in vain and is set anew, which costs less than setting it at
    /// each event of a flood.
    private func armTimer(_ now: Instant) {
        guard isRunning else { return }
        var next: Instant?
        for issuer in entries.indices {
            if case .secret = entries[issuer].source { continue }
            guard let deadline = entries[issuer].machine.nextDeadline(now: now) else { continue }
            next = next.map { min($0, deadline) } ?? deadline
        }
        guard let next else { return }
        if let timerDeadline, timer != nil, timerDeadline <= next { return }
        timer?.cancel()
        timerDeadline = next
        timer = Task { [clock] in
            await clock.sleep(until: next)
            if !Task.isCancelled {
                timerFired()
            }
        }
    }

    private func timerFired() {
        guard isRunning else { return }
        timer = nil
        for issuer in entries.indices {
            if case .secret = entries[issuer].source { continue }
            advance(issuer) { machine, now in machine.deadlinePassed(now: now.instant) }
        }
    }
}

extension KeySetKeeper {
    /// Takes a saved set up, where the conf still names its source.
    private func restore(_ issuer: Int) async {
        guard let archive, case .fetched = entries[issuer].source,
            entries[issuer].machine.held == nil
        else { return }
        let settings = entries[issuer].settings
        do {
            let found = try await archive.load(
                issuer: settings.identifier,
                source: entries[issuer].sourceText,
                sizeMax: settings.keySetPolicy.fetchSize
            )
            guard let found else { return }
            let fetched = try FetchedKeySet(found.keys)
            let now = clock.now()
            let age = now.wallTime.nanosecondsSince1970 - found.fetchedAt.nanosecondsSince1970
            // A set from the future says that a clock was set: it is due, and not older than that.
            let soft = Timeout(settings.keySetPolicy.softLifetime).nanoseconds
            let since = now.instant.nanoseconds - (age < 0 ? soft : age)
            let fetchedAt = Moment(
                instant: Instant(nanoseconds: since),
                wallTime: found.fetchedAt
            )
            let steps = entries[issuer].machine.restored(
                fetched.keys,
                fetchedAt: fetchedAt,
                now: now.instant
            )
            guard !steps.isEmpty else { return }
            let event = KeySetEvent.restored(
                keyCount: fetched.keys.keys.count,
                ageSeconds: max(0, age) / 1_000_000_000
            )
            sink.keySetEvent(event, issuer: issuer)
        } catch let fault as KeySetArchive.Fault {
            sink.keySetEvent(.archiveFailed(detail: fault.detail), issuer: issuer)
        } catch {
            sink.keySetEvent(.archiveFailed(detail: "\(error)"), issuer: issuer)
        }
    }

    private func save(_ fetched: FetchedKeySet, issuer: Int, at now: Moment) {
        guard isRunning, let archive else { return }
        let entry = entries[issuer]
        Task { [sink] in
            do throws(KeySetArchive.Fault) {
                try await archive.save(
                    fetched.bytes,
                    issuer: entry.settings.identifier,
                    source: entry.sourceText,
                    fetchedAt: now.wallTime
                )
            } catch {
                sink.keySetEvent(.archiveFailed(detail: error.detail), issuer: issuer)
            }
        }
    }

    /// Brings a change to the publisher, one after the other, the latest version of each issuer.
    private func publish(_ issuer: Int) {
        guard isRunning else { return }
        changedIssuers.insert(issuer)
        guard !isPublishing else { return }
        isPublishing = true
        Task {
            while let issuer = changedIssuers.popFirst() {
                await publisher.keySetChanged(issuer: issuer, version: entries[issuer].version)
            }
            isPublishing = false
        }
    }
}
