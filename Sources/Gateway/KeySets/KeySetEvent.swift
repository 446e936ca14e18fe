/// Something in the life of a key set that the operator may want to know.
public enum KeySetEvent: Sendable, Hashable {
    /// The saved copy could not be read or written; the gateway goes on without.
    case archiveFailed(detail: String)
    /// The set grew too old; tokens of the issuer are refused until a fetch succeeds.
    case dropped(ageSeconds: Int64)
    /// A fetch brought nothing usable. `heldSeconds` is the age of what is kept, `nil` for nothing.
    case fetchFailed(detail: String, label: String, failureCount: Int, heldSeconds: Int64?)
    /// A fetch brought keys.
    case fetched(keyCount: Int, skippedCount: Int, isChanged: Bool, isForUnknownKey: Bool)
    /// A saved set is used until the issuer answers.
    case restored(keyCount: Int, ageSeconds: Int64)

    /// How grave it is: a word of ``Configuration/LogLevel``.
    public var level: Level {
        switch self {
        case .archiveFailed: .warning
        case .dropped: .error
        case .fetchFailed(_, _, let failureCount, let heldSeconds):
            // An outage is one warning, then a line for each tenth try.
            heldSeconds == nil ? .error : failureCount % 10 == 1 ? .warning : .debug
        case .fetched(_, _, let isChanged, _): isChanged ? .notice : .debug
        case .restored: .notice
        }
    }

    /// One line for the program's log.
    public var message: String {
        switch self {
        case .archiveFailed(let detail):
            "the saved key set cannot be used: \(detail)"
        case .dropped(let ageSeconds):
            "the key set is \(ageSeconds) s old and was dropped: tokens are refused with "
                + "keys_unavailable until the issuer answers"
        case .fetchFailed(let detail, _, let failureCount, let heldSeconds?):
            "the key set was not refreshed (try \(failureCount)): \(detail); the one in use is "
                + "\(heldSeconds) s old"
        case .fetchFailed(let detail, _, let failureCount, nil):
            "no key set (try \(failureCount)): \(detail); tokens are refused with keys_unavailable"
        case .fetched(let keyCount, let skippedCount, let isChanged, let isForUnknownKey):
            "\(keyCount) keys, \(skippedCount) unusable, \(isChanged ? "changed" : "as before")"
                + (isForUnknownKey ? ", asked for an unknown key id" : "")
        case .restored(let keyCount, let ageSeconds):
            "\(keyCount) keys as saved \(ageSeconds) s ago"
        }
    }

    /// How grave an event is.
    public enum Level: String, Sendable, CaseIterable {
        case debug
        case notice
        case warning
        case error
    }
}

/// Who writes the log and counts.
public protocol KeySetEventSink: Sendable {
    /// Something happened. Must return at once: the keeper waits.
    func keySetEvent(_ event: KeySetEvent, issuer: Int)
}
