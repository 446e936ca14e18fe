/// What a thread of the store does: runs all that waits, commits once, and answers.
///
/// A burst of writes shares one wait for the disk. Each body runs in a savepoint of its own, so that
/// one that fails takes nothing back but what it did itself. Nobody is answered before the commit,
/// not even a body that failed: it may have failed for what another one of its batch wrote.
struct CommitLoop {
    private let connection: any SQLConnection
    private let counters: StoreCounters

    /// Works on a connection that belongs to this thread.
    init(on connection: any SQLConnection, counting counters: StoreCounters) {
        self.connection = connection
        self.counters = counters
    }

    /// Runs what comes through `queue`, until that is closed and empty.
    func run(_ queue: ErrandQueue) {
        while let errands = queue.takeAll() {
            for errand in errands where errand.mode == .reading {
                read(errand)
            }
            let writes = errands.filter { $0.mode == .writing }
            if !writes.isEmpty {
                write(writes)
            }
        }
    }

    // Not inlined: the optimizer of Swift 6.3.1 crashes where it is.
    @inline(never)
    private func read(_ errand: Errand) {
        counters.countRead()
        do throws(StorageFault) {
            try connection.begin(.reading)
            let outcome = errand.perform(Transaction(of: connection))
            connection.rollback()
            outcome.answer(nil)
        } catch {
            errand.refuse(error)
        }
    }

    private func write(_ errands: [Errand]) {
        do throws(StorageFault) {
            try connection.begin(.writing)
        } catch {
            for errand in errands {
                errand.refuse(error)
            }
            return
        }
        var outcomes: [Errand.Outcome] = []
        outcomes.reserveCapacity(errands.count)
        var ending: StorageFault?
        for errand in errands {
            guard ending == nil else {
                errand.refuse(ending ?? .closed)
                continue
            }
            do throws(StorageFault) {
                outcomes.append(try perform(errand))
            } catch {
                ending = error
                errand.refuse(error)
            }
        }
        let fault = finish(after: ending)
        counters.countWrites(errands.count)
        for outcome in outcomes {
            outcome.answer(fault)
        }
    }

    /// Runs one body in a savepoint of its own.
    ///
    /// - Throws: Where the transaction cannot go on, for the body or for anyone.
    private func perform(_ errand: Errand) throws(StorageFault) -> Errand.Outcome {
        _ = try connection.run("SAVEPOINT body", [])
        let outcome = errand.perform(Transaction(of: connection))
        if let fault = outcome.fault {
            // A full or failed disk makes the database give up the whole transaction.
            guard connection.isInTransaction else { throw fault }
            _ = try connection.run("ROLLBACK TO SAVEPOINT body", [])
        }
        guard connection.isInTransaction else {
            throw .misused(detail: "a body ended the transaction")
        }
        _ = try connection.run("RELEASE SAVEPOINT body", [])
        return outcome
    }

    /// Commits, or undoes everything where a body has left the transaction unusable.
    private func finish(after ending: StorageFault?) -> StorageFault? {
        if let ending {
            connection.rollback()
            return ending
        }
        do throws(StorageFault) {
            try connection.commit()
            counters.countCommit()
            return nil
        } catch {
            return error
        }
    }
}
