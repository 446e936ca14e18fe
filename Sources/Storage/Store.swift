/// Everything that the authorization server keeps.
///
/// One process owns a store. Writes run on one thread, and all that wait share one commit; reads of
/// a store in a file run on a second one and never wait for the disk's confirmation of a write. A
/// read that begins after a write was answered sees it.
public final class Store: Sendable {
    /// How much was done.
    public let counters: StoreCounters
    private let writer: StoreThread
    private let reader: StoreThread?
    private let lock: StoreLock?

    private init(
        counters: StoreCounters,
        writer: StoreThread,
        reader: StoreThread?,
        lock: StoreLock?
    ) {
        self.counters = counters
        self.writer = writer
        self.reader = reader
        self.lock = lock
    }

    /// Opens a store in a file, which is made where it is missing, and brings it up to date.
    ///
    /// It blocks until that is done: for the start of the program.
    ///
    /// - Throws: ``StorageFault/heldBy(processID:)`` where another process owns it, and whatever
    ///   else keeps it from being used. Nothing was changed then.
    public static func open(_ settings: SQLiteSettings) throws(StorageFault) -> Store {
        let files = try StoreFiles(preparing: settings.path)
        let lock = try StoreLock(path: files.lockPath)
        try files.makeDatabase()
        let counters = StoreCounters()
        let timeout = settings.busyTimeout
        let writer = try StoreThread(
            name: "store-writer",
            countMax: settings.waitingCountMax,
            counters: counters
        ) { () throws(StorageFault) in
            let connection = try SQLiteConnection(path: files.path, busyTimeout: timeout)
            // The lock outlives the connection, however this thread ends.
            _ = lock
            let isEmpty = try connection.isEmpty()
            let isOurs = try connection.hasTable("store_version")
            guard isEmpty || isOurs else { throw .notAStore(path: files.path) }
            try Migration.refuseNewer(on: connection)
            try connection.useWriteAheadLog()
            try Migration.run(on: connection)
            return connection
        }
        let reader = try StoreThread(
            name: "store-reader",
            countMax: settings.waitingCountMax,
            counters: counters
        ) { () throws(StorageFault) in
            _ = lock
            return try SQLiteConnection(path: files.path, busyTimeout: timeout)
        }
        return Store(counters: counters, writer: writer, reader: reader, lock: lock)
    }

    /// Makes a store that is gone when it is closed, for tests.
    ///
    /// - Throws: Where the system gives no thread.
    public static func inMemory() throws(StorageFault) -> Store {
        try Store { () throws(StorageFault) in
            let connection = try SQLiteConnection(path: ":memory:", busyTimeout: 0)
            try Migration.run(on: connection)
            return connection
        }
    }

    /// Makes a store of one connection, which serves reads between the writes.
    convenience init(
        waitingCountMax: Int = SQLiteSettings.waitingCountMaxDefault,
        open: @escaping @Sendable () throws(StorageFault) -> any SQLConnection
    ) throws(StorageFault) {
        let counters = StoreCounters()
        let writer = try StoreThread(
            name: "store",
            countMax: waitingCountMax,
            counters: counters,
            open: open
        )
        self.init(counters: counters, writer: writer, reader: nil, lock: nil)
    }

    /// Calls of ``write(_:)`` that wait for the writer, those that it works on left out.
    public var waitingCount: Int { writer.waitingCount }

    /// Runs `body` in a transaction, and returns once what it did is durable.
    ///
    /// Once begun it is carried out, whether the task that asked is cancelled or not. `body` throws
    /// ``StorageFault`` only; it is not typed so because Swift does not infer that for a closure.
    /// Any other error becomes ``StorageFault/abandoned(reason:)``.
    ///
    /// - Throws: What `body` threw: nothing that it did was kept. Or what befell the commit that it
    ///   shared: none of it is to be relied on.
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> Value
    ) async throws(StorageFault) -> Value {
        try await run(.writing, on: writer, body)
    }

    /// Runs `body`, which must not write, on what is committed.
    ///
    /// - Throws: What `body` threw; ``StorageFault/misused(detail:)`` where it tries to write.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (borrowing Transaction) throws -> Value
    ) async throws(StorageFault) -> Value {
        try await run(.reading, on: reader ?? writer, body)
    }

    /// Finishes what was begun, and gives the store up: calls after this throw
    /// ``StorageFault/closed``.
    public func close() async {
        await reader?.close()
        // The last connection moves the log into the file.
        await writer.close()
        lock?.release()
    }

    private func run<Value: Sendable>(
        _ mode: TransactionMode,
        on thread: StoreThread,
        _ body: @escaping @Sendable (borrowing Transaction) throws -> Value
    ) async throws(StorageFault) -> Value {
        let result: Result<Value, StorageFault> = await withCheckedContinuation { continuation in
            let errand = Errand(
                mode: mode,
                perform: { transaction in
                    let result: Result<Value, StorageFault>
                    do {
                        result = .success(try body(transaction))
                    } catch {
                        result = .failure(StorageFault(thrownByBody: error))
                    }
                    return Errand.Outcome(fault: result.fault) { later in
                        continuation.resume(returning: later.map { .failure($0) } ?? result)
                    }
                },
                refuse: { continuation.resume(returning: .failure($0)) }
            )
            if let fault = thread.submit(errand) {
                continuation.resume(returning: .failure(fault))
            }
        }
        return try result.get()
    }
}

extension StorageFault {
    /// Names the kind of a foreign error and no more: its text could hold anything.
    fileprivate init(thrownByBody error: any Error) {
        self = error as? StorageFault ?? .abandoned(reason: "\(type(of: error))")
    }
}

extension Result where Failure == StorageFault {
    fileprivate var fault: StorageFault? {
        switch self {
        case .failure(let fault): fault
        case .success: nil
        }
    }
}
