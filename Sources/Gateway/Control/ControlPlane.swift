import Access
import Configuration
import EventLoop
import JOSE
import Logging
import Outbound
import Proxy
import TLS
import Telemetry

/// Everything that changes while the workers carry traffic: keys, addresses, health, certificates and
/// the conf itself. Builds each new snapshot, and posts it.
///
/// Workers never wait for it: they ask by errands and go on with what they hold.
actor ControlPlane {
    private let loader: ConfigurationSource
    let log: ProgramLog
    private let registry: MetricsRegistry
    let builder = SnapshotBuilder(tickets: TicketKeys())
    private let keyClient: OutboundClient
    private let healthClient: OutboundClient
    private let errands = ErrandQueue()
    let revocations = RevocationLog()
    private let inherited: [InheritedListener]

    var settings: Settings
    private var files: [String]
    var generation: UInt64 = 1
    private var accessLog: AccessLog?
    var snapshot: Snapshot?
    var keys: [KeySetVersion] = []
    var addresses: [[[SocketAddress]]] = []
    var unhealthy: Set<ServerPlace> = []
    private var keeper: KeySetKeeper?
    private var resolver: UpstreamResolver?
    var checker: HealthChecker?
    var authorization: AuthorizationPlane?
    var controlSocket: ControlSocket?
    private var workers: [Mailbox<WorkerMessage>] = []
    private var runningCount = 0
    private var isReloading = false
    private var reloadsAgain = false
    private var chores: [Task<Void, Never>] = []
    private var certificates: CertificateWatch
    private let stopped: @Sendable () -> Void

    /// How long a start waits for names to be resolved: what is there by then is served.
    private static let resolveTime = Duration.seconds(2)
    /// The time between two looks at certificates and key ages.
    private static let choreInterval = Duration.seconds(1)

    init(
        _ loaded: RunnableConfiguration,
        source: ConfigurationSource,
        log: ProgramLog,
        registry: MetricsRegistry,
        inherited: [InheritedListener],
        stopped: @escaping @Sendable () -> Void
    ) throws(OutboundFault) {
        loader = source
        settings = loaded.settings
        files = loaded.files
        self.log = log
        self.registry = registry
        self.inherited = inherited
        self.stopped = stopped
        certificates = CertificateWatch(loaded.settings)
        let agent = "gatehouse/\(Version.text)"
        keyClient = try OutboundClient(limits: .keySets, userAgent: agent)
        healthClient = try OutboundClient(limits: .healthChecks, userAgent: agent)
    }

    /// Starts everything; returns when every worker listens.
    ///
    /// - Throws: What the operator is told, where something cannot be had.
    func start() async throws(StartFault) {
        try openAccessLog()
        authorization = try await openAuthorization(settings)
        controlSocket = try authorization.map(startControlSocket)
        await startKeepers(inheriting: [], names: [:], unhealthy: [])
        let first = try makeSnapshot()
        snapshot = first
        let counters = registry.adopt(
            MetricsLayout(settings),
            workerCount: settings.workerCount
        )
        for index in 0..<settings.workerCount {
            try await startWorker(index, first, counters[index])
        }
        await catchUpOnKeys()
        postTargets()
        chores = [
            Task { await answerErrands() }, Task { await doChores() },
            Task { await doAuthorizationChores() },
        ]
    }

    /// Gives the workers the key sets that came while they started one after the other, and those
    /// of which word came before this knew of any.
    private func catchUpOnKeys() async {
        for (issuer, version) in await heldKeys().enumerated() {
            keySetChanged(issuer, version, generation: generation)
        }
        if let snapshot {
            post(.snapshot(snapshot, nil))
        }
    }

    private func startWorker(
        _ index: Int,
        _ snapshot: Snapshot,
        _ metrics: WorkerMetrics
    ) async throws(StartFault) {
        let thread = WorkerThread(
            index: index,
            snapshot: snapshot,
            equipment: WorkerEquipment(
                metrics: metrics,
                log: accessLog,
                targets: targetStates()
            ),
            desk: errands,
            reporter: WorkerJournal(log),
            revocations: revocations,
            inherited: inherited,
            ended: { Task { await self.workerEnded() } }
        )
        do throws(SystemFault) {
            workers.append(try await thread.start())
            runningCount += 1
        } catch {
            throw StartFault("a worker could not start: \(error)")
        }
    }

    private func openAccessLog() throws(StartFault) {
        guard let wanted = settings.accessLog else { return }
        accessLog = try AccessLog.open(wanted)
        if let accessLog {
            registry.watch(accessLog)
        }
    }

    /// What is held of every issuer: our own keys beside those that the keeper fetches.
    private func heldKeys() async -> [KeySetVersion] {
        let fetched = await keeper?.versions() ?? []
        return authorization?.keys(settings.issuers, beside: fetched) ?? fetched
    }

    private func startKeepers(
        inheriting: [InheritedKeySet],
        names known: [ResolvedName: [SocketAddress]],
        unhealthy: Set<HealthTarget>
    ) async {
        let names = settings.issuers.map(\.identifier)
        let upstreamJournal = UpstreamJournal(log: log, names: settings.upstreams.map(\.name))
        let keeper = KeySetKeeper(
            issuers: settings.issuers,
            stateDirectory: settings.stateDirectory,
            client: keyClient,
            publisher: KeySetRelay(plane: self, generation: generation),
            sink: KeySetJournal(log: log, registry: registry, identifiers: names),
            inheriting: inheriting
        )
        let resolver = UpstreamResolver(
            upstreams: settings.upstreams,
            publisher: AddressRelay(plane: self, generation: generation),
            sink: upstreamJournal,
            inheriting: known
        )
        let checker = HealthChecker(
            upstreams: settings.upstreams,
            client: healthClient,
            publisher: HealthRelay(plane: self, generation: generation),
            sink: upstreamJournal,
            unhealthy: unhealthy
        )
        self.keeper = keeper
        self.resolver = resolver
        self.checker = checker
        // Before the first look-up: what that finds is told, and belongs to these servers.
        addresses = await resolver.addresses()
        for (upstream, servers) in addresses.enumerated() {
            for (server, found) in servers.enumerated() {
                await checker.setAddresses(found, upstream: upstream, server: server)
            }
        }
        await keeper.start()
        await resolver.start(waitingAtMost: Self.resolveTime)
        keys = await heldKeys()
    }

    private func makeSnapshot() throws(StartFault) -> Snapshot {
        do throws(TLSFault) {
            return try builder.make(settings, generation: generation, keys: keys)
        } catch {
            throw StartFault("a certificate cannot be used: \(error)")
        }
    }

    func post(_ message: WorkerMessage) {
        for worker in workers where !worker.post(message) {
            log.write(.debug, "a worker that has ended was not told")
        }
    }
}

extension ControlPlane {
    /// The keys of an issuer are others now.
    func keySetChanged(_ issuer: Int, _ version: KeySetVersion, generation: UInt64) {
        guard generation == self.generation, keys.indices.contains(issuer),
            version.generation > keys[issuer].generation
        else { return }
        // Word that comes while a conf is being taken up waits for ``catchUpOnKeys()``: the snapshot
        // is still of the conf before, whose issuers may be others.
        guard let present = snapshot, present.settingsGeneration == generation else { return }
        keys[issuer] = version
        let next = present.replacing(
            issuers: builder.issuers(settings, self.generation, keys)
        )
        snapshot = next
        post(.snapshot(next, nil))
    }

    /// Makes sessions and tokens dead on every worker: no decision that starts after the return takes
    /// them, and streams that are open for them end.
    func revoke(_ entries: [RevocationLog.Entry]) {
        revocations.append(entries, now: WallTime.now().secondsSince1970)
        post(.revoked)
    }

    private func answerErrands() async {
        for await errand in errands.errands {
            Task { await answer(errand) }
        }
    }

    private func answer(_ errand: Errand) async {
        let answer: ErrandAnswer
        switch errand.question {
        case .findKey(let issuer, let generation, let keyID):
            answer = await findKey(issuer, generation, keyID)
        case .respond(let request):
            // A reload may have taken it away since the worker looked.
            let response = await authorization?.respond(to: request)
            answer = .response(response ?? ControlResponse(status: 404))
        }
        guard workers.indices.contains(errand.worker) else { return }
        _ = workers[errand.worker].post(.answered(ticket: errand.ticket, answer))
    }

    private func findKey(
        _ issuer: Int,
        _ generation: UInt64,
        _ keyID: String?
    ) async -> ErrandAnswer {
        // A question about a conf that was replaced is asked again of the present one.
        guard generation == self.generation, let keeper else {
            // Which the workers have not before it is whole.
            let isInForce = snapshot?.settingsGeneration == self.generation
            return isInForce ? .decideAgain : .keysUnavailable(retryAfterSeconds: 1)
        }
        if case .own = settings.issuers[issuer].keys {
            // Posted before the answer: a worker that lags behind a rotation catches up by it.
            publishOwnKeys()
            let isKnown = keyID.map { keys[issuer].keySet?.lists($0) ?? false } ?? true
            return isKnown ? .decideAgain : .keyUnknown
        }
        switch await keeper.resolve(issuer: issuer, keyID: keyID ?? "") {
        case .refreshed(let version):
            keySetChanged(issuer, version, generation: generation)
            return .decideAgain
        case .unavailable(let time):
            return .keysUnavailable(retryAfterSeconds: Int(max(1, time.components.seconds)))
        case .unknown:
            // A token without a key id is content with any set that one key of fits.
            return keyID == nil ? .decideAgain : .keyUnknown
        }
    }
}

extension ControlPlane {
    /// Reads the conf again, and puts it in the place of the present one; a bad one changes nothing
    /// but a line and a counter.
    func reload() async {
        guard !isReloading else {
            reloadsAgain = true
            return
        }
        isReloading = true
        repeat {
            reloadsAgain = false
            await reloadOnce()
        } while reloadsAgain
        isReloading = false
    }

    private func reloadOnce() async {
        SystemNotification.sendReloading(now: .now())
        defer { SystemNotification.sendReady() }
        let now = WallTime.now().secondsSince1970
        do throws(StartFault) {
            try await adopt(try loader.load())
            registry.reloadEnded(isSuccess: true, atSeconds: now)
            log.write(.notice, "the conf was reloaded")
        } catch {
            registry.reloadEnded(isSuccess: false, atSeconds: now)
            log.write(.error, "the conf was not reloaded, the old one goes on: \(error.message)")
        }
    }

    private func adopt(_ loaded: RunnableConfiguration) async throws(StartFault) {
        // Whatever can fail, fails before anything is changed.
        let wantedLog = loaded.settings.accessLog
        let isSameLog = wantedLog == settings.accessLog
        let nextLog = isSameLog ? accessLog : try wantedLog.map(AccessLog.open) ?? nil
        var nextSettings = loaded.settings
        nextSettings.workerCount = settings.workerCount
        let withoutKeys: Snapshot
        do throws(TLSFault) {
            withoutKeys = try builder.make(
                nextSettings,
                generation: generation + 1,
                keys: nextSettings.issuers.map { _ in .absent }
            )
        } catch {
            throw StartFault("a certificate cannot be used: \(error)")
        }
        let nextAuthorization = try await prepareAuthorization(loaded.settings)
        let held = await keeper?.inheritance() ?? []
        let names = await resolver?.inheritance() ?? [:]
        let sick = await checker?.unhealthyTargets() ?? []
        await stopKeepers()
        if loaded.settings.workerCount != settings.workerCount {
            log.write(.warning, "a change of `workers` takes effect at the next start")
        }
        let lastStateDirectory = settings.stateDirectory
        settings = nextSettings
        files = loaded.files
        let lastAuthorization = authorization
        authorization = nextAuthorization
        generation += 1
        certificates = CertificateWatch(settings)
        unhealthy = Set(settings.places(of: sick))
        await startKeepers(inheriting: held, names: names, unhealthy: sick)
        let next = withoutKeys.replacing(issuers: builder.issuers(settings, generation, keys))
        snapshot = next
        let counters = registry.adopt(MetricsLayout(settings), workerCount: settings.workerCount)
        registry.keepKeySets(ofIssuers: settings.issuers.map(\.identifier))
        let targets = targetStates()
        for (worker, metrics) in zip(workers, counters) {
            let equipment = WorkerEquipment(metrics: metrics, log: nextLog, targets: targets)
            _ = worker.post(.snapshot(next, equipment))
        }
        takeOver(from: lastAuthorization, lastStateDirectory)
        await catchUpOnKeys()
        postTargets()
        replaceAccessLog(by: nextLog)
    }

    private func replaceAccessLog(by next: AccessLog?) {
        guard next !== accessLog else { return }
        if let next {
            registry.watch(next)
        }
        // The workers hand over what they hold when they take the snapshot; the old log ends with
        // its last user.
        accessLog = next
    }

    private func stopKeepers() async {
        await keeper?.stop()
        await resolver?.stop()
        await checker?.stop()
    }

    /// Opens the logs anew, for files that were renamed.
    func reopenLogs() {
        log.reopen()
        accessLog?.reopen()
    }

    private func doChores() async {
        var ticketsRotatedAt = Instant.now()
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.choreInterval)
            await reportKeySets()
            replaceChangedCertificates()
            if Instant.now() > ticketsRotatedAt + Timeout(TicketKeys.rotationInterval) {
                builder.tickets.rotate()
                ticketsRotatedAt = .now()
            }
        }
    }

    private func reportKeySets() async {
        let now = WallTime.now().secondsSince1970
        for status in await keeper?.status() ?? [] {
            registry.setKeySet(
                issuer: status.identifier,
                MetricsRegistry.KeySetState(
                    keyCount: ownKeyCount(status.issuer) ?? status.keyCount,
                    fetchedSeconds: status.age.map { now - $0.components.seconds },
                    servedUntilSeconds: status.timeUntilDropped.map { now + $0.components.seconds }
                )
            )
        }
    }

    /// The keys of an issuer of our own, which nobody fetches.
    private func ownKeyCount(_ issuer: Int) -> Int? {
        guard settings.issuers.indices.contains(issuer), keys.indices.contains(issuer),
            case .own = settings.issuers[issuer].keys
        else { return nil }
        return keys[issuer].keySet?.keys.count
    }

    /// Takes up certificates whose files have changed, once they are whole and match.
    private func replaceChangedCertificates() {
        guard let present = snapshot, certificates.hasChanged() else { return }
        do throws(TLSFault) {
            let next = try builder.make(settings, generation: generation, keys: keys)
            certificates.accept()
            snapshot = present.replacing(listenerTLS: next.listenerTLS)
            if let snapshot {
                post(.snapshot(snapshot, nil))
            }
            log.write(.notice, "changed certificates were taken up")
        } catch {
            if certificates.isNews {
                log.write(.warning, "changed certificates cannot be used yet: \(error)")
            }
        }
    }
}

extension ControlPlane {
    /// Stops accepting, lets what runs finish within the conf's time, and then ends.
    func drain() {
        SystemNotification.sendStopping()
        log.write(.notice, "draining")
        post(.drain(within: Timeout(settings.timeouts.drain)))
    }

    private func workerEnded() async {
        runningCount -= 1
        guard runningCount == 0 else { return }
        for chore in chores {
            chore.cancel()
        }
        await stopKeepers()
        await keyClient.shutDown()
        await healthClient.shutDown()
        controlSocket?.close()
        // Nobody waits for an answer any more.
        await authorization?.close(waits: false)
        _ = accessLog?.flushAndClose()
        stopped()
    }
}
