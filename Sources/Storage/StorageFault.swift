/// Why the store did not do what it was asked, by who is at fault.
///
/// Details are for the operator's log. They name files, tables, columns and what the system says,
/// never a value that was stored or looked for.
public enum StorageFault: Error, Hashable, Sendable, CustomStringConvertible {
    // The caller's.

    /// The body itself gave up: nothing that it wrote was kept.
    case abandoned(reason: String)
    /// A record with this key is there already.
    case alreadyExists(detail: String)
    /// A statement does not fit the tables, or a body that only reads tried to write.
    case misused(detail: String)
    /// The record that this one belongs to is not there.
    case recordMissing(detail: String)
    /// A value is larger than any that we store.
    case valueTooLarge

    // The store's.

    /// The store was closed, or is about to be.
    case closed
    /// As many calls wait as may.
    case overloaded

    // The operator's.

    /// Another process owns the store; the id is 0 where it cannot be read.
    case heldBy(processID: Int32)
    /// A newer Gatehouse has written this store, and we do not know what it means.
    case newerVersion(found: Int64, known: Int64)
    /// The file is a database, but not one of ours.
    case notAStore(path: String)
    /// The file or its directory cannot be used.
    case unusable(path: String, detail: String)

    // The machine's.

    /// Another program holds the database's own locks.
    case busy
    /// What stands in the file is not what was written there.
    case corrupt(detail: String)
    /// The disk, or what stands for it, failed.
    case diskFailed(detail: String)
    /// No space is left.
    case diskFull
    /// The system gave no memory or no thread.
    case exhausted(detail: String)

    /// Whether the same call may well succeed a little later, without anybody changing anything.
    public var isRetriable: Bool {
        switch self {
        case .busy, .exhausted, .overloaded:
            true
        case .abandoned, .alreadyExists, .closed, .corrupt, .diskFailed, .diskFull, .heldBy,
            .misused, .newerVersion, .notAStore, .recordMissing, .unusable, .valueTooLarge:
            false
        }
    }

    /// One line for the operator, without any stored value.
    public var description: String {
        switch self {
        case .abandoned(let reason): "given up: \(reason)"
        case .alreadyExists(let detail): "there already: \(detail)"
        case .busy: "another program holds the store's database locked"
        case .closed: "the store is closed"
        case .corrupt(let detail): "the store's file is corrupt: \(detail)"
        case .diskFailed(let detail): "the store's disk failed: \(detail)"
        case .diskFull: "no space is left for the store"
        case .exhausted(let detail): "the system gave the store too little: \(detail)"
        case .heldBy(0): "another process holds the store"
        case .heldBy(let processID): "process \(processID) holds the store"
        case .misused(let detail): "misused: \(detail)"
        case .newerVersion(let found, let known):
            "the store has version \(found), written by a newer Gatehouse; this one knows \(known)"
        case .notAStore(let path): "\(path) is a database of something else"
        case .overloaded: "too many calls of the store wait already"
        case .recordMissing(let detail): "belongs to a record that is not there: \(detail)"
        case .unusable(let path, let detail): "\(path) cannot be used: \(detail)"
        case .valueTooLarge: "larger than anything that the store keeps"
        }
    }
}
