import AuthorizationServer
import Configuration
import Cryptography
import EventLoop
import Logging
import Storage

/// A store that this process owns, and the key that seals what is in it.
struct OpenedStore: Sendable {
    let store: Store
    let sealing: SealingKey

    /// Takes the store, then reads its key; makes both where they are missing.
    ///
    /// In this order, because whoever holds the store is alone then: two first starts at once do not
    /// make two keys.
    ///
    /// - Throws: What the operator is told.
    static func open(
        _ settings: AuthorizationServerSettings,
        log: ProgramLog?
    ) async throws(StartFault) -> OpenedStore {
        let store = try take(settings.store)
        do throws(StartFault) {
            let sealing = try await sealingKey(settings.sealingKey, of: store, log: log)
            return OpenedStore(store: store, sealing: sealing)
        } catch {
            await store.close()
            throw error
        }
    }

    private static func take(_ settings: StoreSettings) throws(StartFault) -> Store {
        switch settings {
        case .sqlite(let path):
            do throws(StorageFault) {
                return try Store.open(SQLiteSettings(path: path))
            } catch {
                throw StartFault(message(path: path, error))
            }
        }
    }

    private static func message(path: String, _ fault: StorageFault) -> String {
        switch fault {
        case .heldBy(let processID):
            let holder = processID == 0 ? "another process" : "process \(processID)"
            return "the store \(path) is held by \(holder): one process owns a store"
        default:
            return "the store \(path) cannot be opened: \(fault)"
        }
    }

    private static func sealingKey(
        _ source: SealingKeySource,
        of store: Store,
        log: ProgramLog?
    ) async throws(StartFault) -> SealingKey {
        let bytes: [UInt8]
        switch source {
        case .environment(_, let secret):
            bytes = secret.bytes
        case .file(let path):
            if let found = try SealingKeyFile(path: path).read(log: log) {
                bytes = found
            } else {
                try await refuseSealed(store, path)
                bytes = try SealingKeyFile(path: path).make()
                log?.write(.notice, "made the sealing key \(path): keep a copy of it elsewhere")
            }
        }
        guard let key = SealingKey(bytes) else {
            throw StartFault("the sealing key \(source.sourceText) has fewer than 32 bytes")
        }
        return key
    }

    /// A new key would be of no use to a store that another one sealed.
    private static func refuseSealed(_ store: Store, _ path: String) async throws(StartFault) {
        do {
            let isFresh = try await store.read { transaction in
                try transaction.signingKeys().isEmpty
            }
            if isFresh { return }
        } catch {
            throw StartFault("the store cannot be read: \(error)")
        }
        throw StartFault("the sealing key \(path) is missing, and the store was sealed with it")
    }
}
