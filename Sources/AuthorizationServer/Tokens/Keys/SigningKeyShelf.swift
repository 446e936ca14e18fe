import Cryptography
import Storage

/// The store, as far as signing keys are kept in it.
struct SigningKeyShelf: Sendable {
    let store: Store

    /// Every record, of realms that nobody configures any more too.
    func records() async throws(SigningKeyFault) -> [SigningKeyRecord] {
        do throws(StorageFault) {
            return try await store.read { transaction in
                try transaction.signingKeys()
            }
        } catch {
            throw .store(error)
        }
    }

    /// Does all of it, or nothing.
    func apply(
        made: [SigningKeyRecord],
        steps: [KeySchedule.Step]
    ) async throws(SigningKeyFault) {
        guard !made.isEmpty || !steps.isEmpty else { return }
        do throws(StorageFault) {
            try await store.write { transaction in
                for step in steps {
                    switch step {
                    case .delete(let id):
                        try transaction.deleteSigningKey(id: id)
                    case .make:
                        break
                    case .retire(let id, let signsUntil, let publishedUntil):
                        try transaction.retireSigningKey(
                            id: id,
                            signsUntil: signsUntil,
                            publishedUntil: publishedUntil
                        )
                    }
                }
                for record in made {
                    try transaction.insertSigningKey(record)
                }
            }
        } catch {
            throw .store(error)
        }
    }

    /// The longest lifetime that access tokens were ever given, raised to `configured`.
    ///
    /// Kept, because a retired key must outlive tokens of settings that are gone.
    func longestTokenLifetime(
        atLeast configured: Duration
    ) async throws(SigningKeyFault) -> Duration {
        let configured = configured.wholeMilliseconds
        do throws(StorageFault) {
            let longest = try await store.write { transaction in
                let text = try transaction.value(Self.lifetimeName) ?? []
                let stored = Int64(String(decoding: text, as: UTF8.self)) ?? 0
                guard configured > stored else { return stored }
                try transaction.setValue(Self.lifetimeName, [UInt8](String(configured).utf8))
                return configured
            }
            return .milliseconds(longest)
        } catch {
            throw .store(error)
        }
    }

    /// Refuses a sealing key that is not the store's; a new store takes it for its own.
    func checkSealing(
        _ sealing: SealingKey,
        source: String,
        records: [SigningKeyRecord]
    ) async throws(SigningKeyFault) {
        let opensKeys = records.contains { HeldKey.opens($0, with: sealing) }
        let fresh = sealing.seal(Self.checkText.span, for: Self.checkPurpose)
        let stored: [UInt8]?
        do throws(StorageFault) {
            stored = try await store.read { transaction in
                try transaction.value(Self.checkName)
            }
        } catch {
            throw .store(error)
        }
        if let stored {
            if sealing.open(stored.span, for: Self.checkPurpose) == Self.checkText { return }
            throw opensKeys ? .sealingCheckUnreadable : .sealingKeyWrong(source: source)
        }
        guard records.isEmpty || opensKeys else { throw .sealingKeyWrong(source: source) }
        do throws(StorageFault) {
            try await store.write { transaction in
                try transaction.setValue(Self.checkName, fresh)
            }
        } catch {
            throw .store(error)
        }
    }

    private static let lifetimeName = "longest_access_token_lifetime"
    private static let checkName = "sealing_check"
    private static let checkPurpose = "sealing-check"
    private static let checkText = [UInt8]("gatehouse".utf8)
}
