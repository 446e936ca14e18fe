import HTTP

/// What answers the requests of a ``SmallServer``.
protocol SmallResponder: Sendable {
    /// The answer to one request, whose body was read and dropped.
    func answer(_ head: RequestHead) -> SmallAnswer
}

/// An answer, or where it comes from.
enum SmallAnswer {
    /// It is here.
    case now(SmallResponse)
    /// It has to be asked for; no other peer waits for it.
    case later(@Sendable () async -> SmallResponse)
}

/// One answer.
struct SmallResponse: Sendable {
    var status: Int
    var contentType: StaticString
    var body: [UInt8]
    /// Further fields, each a line of its own; never with a line break in them.
    var fields: [(name: String, value: String)] = []

    init(_ status: Int, _ contentType: StaticString = "text/plain", _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ status: Int, text: String) {
        self.init(status, "text/plain; charset=utf-8", Array(text.utf8))
    }
}
