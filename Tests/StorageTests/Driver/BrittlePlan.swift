import Synchronization

@testable import Storage

/// What a ``BrittleConnection`` is to do, and what it saw.
final class BrittlePlan: Sendable {
    let setUp: [String]
    private let state = Mutex((failures: 0, statements: Set<String>()))

    init(setUp: [String] = []) {
        self.setUp = setUp
    }

    /// Every statement that was run.
    var statements: [String] { state.withLock { $0.statements.sorted() } }

    /// Makes the next commit fail.
    func failNextCommit() {
        state.withLock { $0.failures += 1 }
    }

    func takeFailure() -> Bool {
        state.withLock { state in
            guard state.failures > 0 else { return false }
            state.failures -= 1
            return true
        }
    }

    func note(_ statement: String) {
        state.withLock { _ = $0.statements.insert(statement) }
    }

    /// A store over such a connection.
    func makeStore(waitingCountMax: Int = 1_024) throws(StorageFault) -> Store {
        try Store(waitingCountMax: waitingCountMax) { () throws(StorageFault) in
            try BrittleConnection(self)
        }
    }
}
