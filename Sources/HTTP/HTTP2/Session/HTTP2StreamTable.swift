/// The streams of a session that libnghttp2 knows, by the numbers that it keeps for them.
///
/// A number is a place in the table plus one, so that zero means none. Places are reused.
internal struct HTTP2StreamTable {
    private var entries: [Entry] = []
    private var free: [Int] = []

    /// Takes a stream in and gives its number.
    internal mutating func open(_ stream: Int32, slot: Int, method: Method) -> Int {
        let entry = Entry(stream: stream, slot: slot, method: method, isOpen: true)
        if let place = free.popLast() {
            entries[place] = entry
            return place + 1
        }
        entries.append(entry)
        return entries.count
    }

    /// The stream of a number that ``open(_:slot:method:)`` gave, until ``close(_:)``.
    internal subscript(number: Int) -> Entry {
        get { entries[number - 1] }
        set { entries[number - 1] = newValue }
    }

    /// Whether the number belongs to a stream now.
    internal func contains(_ number: Int) -> Bool {
        number > 0 && number <= entries.count && entries[number - 1].isOpen
    }

    /// Whether the number belongs to that stream.
    internal func holds(_ stream: Int32, at number: Int) -> Bool {
        contains(number) && entries[number - 1].stream == stream
    }

    /// The handler's name for that stream; `nil` where the number is not its own, or it has none.
    internal func slot(of stream: Int32, at number: Int) -> Int? {
        guard holds(stream, at: number), entries[number - 1].slot > 0 else { return nil }
        return entries[number - 1].slot
    }

    /// The number of a stream, or zero: a search of the whole table.
    internal func number(of stream: Int32) -> Int {
        let place = entries.firstIndex { $0.isOpen && $0.stream == stream }
        return place.map { $0 + 1 } ?? 0
    }

    /// Changes what is remembered of a stream.
    internal mutating func update(_ number: Int, _ change: (inout Entry) -> Void) {
        change(&entries[number - 1])
    }

    /// Forgets a stream.
    internal mutating func close(_ number: Int) {
        entries[number - 1].isOpen = false
        free.append(number - 1)
    }

    /// Forgets that stream, where the number is its own.
    ///
    /// - Returns: What was remembered of it.
    internal mutating func close(_ stream: Int32, at number: Int) -> Entry? {
        guard holds(stream, at: number) else { return nil }
        close(number)
        return entries[number - 1]
    }

    /// How many streams there are now.
    internal var count: Int { entries.count - free.count }

    /// The largest number ever given.
    internal var numberMax: Int { entries.count }
}

extension HTTP2StreamTable {
    /// What is remembered of a stream.
    internal struct Entry {
        internal var stream: Int32
        /// The handler's name for it, or zero while it has none.
        internal var slot: Int
        /// The method of the request, where we are the client.
        internal var method: Method
        internal var isOpen: Bool
        /// Whether our handler, and no fault of the peer, has the stream reset.
        internal var isResetByUs = false
        /// What the stream is reset with from here, once it is.
        internal var resetCode = HTTP2ErrorCode.noError
        /// Whether the request has gone out, where we are the client.
        internal var isSent = false
        /// Whether the final head has come, and what follows it are trailers.
        internal var hasHead = false
        /// Whether the handler knows that the message is malformed.
        internal var isReported = false
        /// Whether a WINDOW_UPDATE of the stream was too large.
        internal var isOverflowed = false
        internal var interim = InterimBudget()
    }
}
