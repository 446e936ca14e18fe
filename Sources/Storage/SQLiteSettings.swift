/// Which file a store is, and its bounds.
public struct SQLiteSettings: Sendable, Hashable {
    /// The database; its directory is made when missing, the ones above are not.
    public var path: String
    /// Calls that may wait for the writer, and as many for the reader.
    public var waitingCountMax: Int
    /// How long a statement waits for a lock of another program, in milliseconds.
    public var busyTimeout: Int32

    /// Settles on a file, with bounds that suit nearly everyone.
    public init(
        path: String,
        waitingCountMax: Int = SQLiteSettings.waitingCountMaxDefault,
        busyTimeout: Int32 = SQLiteSettings.busyTimeoutDefault
    ) {
        self.path = path
        self.waitingCountMax = waitingCountMax
        self.busyTimeout = busyTimeout
    }

    /// 1 024: all of them run in one transaction of well under a second, and who would wait longer
    /// has better be told to come again.
    public static let waitingCountMaxDefault = 1_024

    /// Five seconds: an operator's `sqlite3` or a backup holds the lock for less, and no other
    /// program has business there.
    public static let busyTimeoutDefault: Int32 = 5_000
}
