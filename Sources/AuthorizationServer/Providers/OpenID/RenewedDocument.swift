import EventLoop

/// A provider's document, fetched when somebody first needs it, and again when it is old.
///
/// One fetch runs at a time, and whoever needs the document meanwhile waits for it. While the
/// provider is down, the last one serves; a failure is remembered for a moment, so that a storm of
/// sign-ins is one question to a provider in trouble.
actor RenewedDocument<Document: Sendable> {
    /// How long a document and a failure hold.
    struct Rules: Sendable {
        /// After this a document is fetched anew.
        var softLifetime: Duration
        /// After this it no longer serves when that fails; `nil` for always.
        var staleLifetime: Duration?
    }

    /// A document, and which one it is.
    struct Version: Sendable {
        var document: Document
        var number: Int
    }

    private let rules: Rules
    private let instant: @Sendable () -> Instant
    private let fetch: @Sendable () async -> Result<Document, ProviderFault>
    private var held: Version?
    private var heldSince: Instant?
    private var begun: Instant?
    private var failure: (fault: ProviderFault, at: Instant)?
    private var running: Task<Result<Version, ProviderFault>, Never>?

    /// A document that nobody has needed yet.
    init(
        rules: Rules,
        instant: @escaping @Sendable () -> Instant,
        fetch: @escaping @Sendable () async -> Result<Document, ProviderFault>
    ) {
        self.rules = rules
        self.instant = instant
        self.fetch = fetch
    }

    /// The document.
    ///
    /// - Throws: Why there is none; a short time ago, or just now.
    func current() async throws(ProviderFault) -> Version {
        if let held, isYounger(heldSince, than: rules.softLifetime) {
            return held
        }
        if let failure, isYounger(failure.at, than: RenewalTimes.failureMemory) {
            return try stale(or: failure.fault)
        }
        switch await fetched() {
        case .success(let version): return version
        case .failure(let fault): return try stale(or: fault)
        }
    }

    /// A newer document than the one of that number, fetched for it, or `nil` where there is none.
    ///
    /// Fetches begin at least ``RenewalTimes/renewalSpacing`` apart, whoever asks how often.
    func renewed(after number: Int) async -> Version? {
        if let held, held.number > number {
            return held
        }
        if running == nil, isYounger(begun, than: RenewalTimes.renewalSpacing) {
            return nil
        }
        guard case .success(let version) = await fetched() else { return nil }
        return version.number > number ? version : nil
    }

    private func stale(or fault: ProviderFault) throws(ProviderFault) -> Version {
        guard let held, rules.staleLifetime.map({ isYounger(heldSince, than: $0) }) ?? true else {
            throw fault
        }
        return held
    }

    /// Fetches, or waits for the fetch that runs.
    ///
    /// The task is nobody's child: whoever gives up waiting does not take the document from others.
    /// It ends by the time-out of the request.
    private func fetched() async -> Result<Version, ProviderFault> {
        if let running {
            return await running.value
        }
        begun = instant()
        let task = Task { finish(await fetch()) }
        running = task
        return await task.value
    }

    private func finish(
        _ result: Result<Document, ProviderFault>
    ) -> Result<Version, ProviderFault> {
        running = nil
        switch result {
        case .success(let document):
            let version = Version(document: document, number: (held?.number ?? 0) + 1)
            held = version
            heldSince = instant()
            failure = nil
            return .success(version)
        case .failure(let fault):
            failure = (fault, instant())
            return .failure(fault)
        }
    }

    private func isYounger(_ start: Instant?, than age: Duration) -> Bool {
        start.map { instant() < $0 + Timeout(age) } ?? false
    }
}

/// Waits that are the same for every document.
enum RenewalTimes {
    /// Ten seconds in which a failed fetch is not tried again: as long as a person waits before the
    /// next try, and a storm of sign-ins asks a provider in trouble six times a minute.
    static let failureMemory = Duration.seconds(10)
    /// Ten seconds between two fetches for keys that a set lacks: a provider that rotates in steps is
    /// followed, and one that sends wrong tokens is not asked for each.
    static let renewalSpacing = Duration.seconds(10)
    /// A day for a discovery document: what it says changes about never.
    static let metadata = Duration.seconds(86_400)
}
