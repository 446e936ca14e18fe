/// What a server outside answered, complete.
///
/// Every status is an answer, redirects included: they are never followed.
public struct OutboundResponse: Sendable, Hashable {
    /// The status of the final head.
    public var status: Int
    /// The fields of the final head, in order, names in lower case.
    ///
    /// Those that came after the body are ``trailers``.
    public var headers: [OutboundHeader]
    /// The body, as sent: no content coding is asked for and none is undone.
    public var body: [UInt8]
    /// The fields after the body, in order, names in lower case.
    public var trailers: [OutboundHeader]

    /// Puts a response together.
    public init(
        status: Int,
        headers: [OutboundHeader],
        body: [UInt8],
        trailers: [OutboundHeader] = []
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.trailers = trailers
    }

    /// The value of the first field of that name, written in lower case.
    public func firstValue(of lowercaseName: String) -> String? {
        headers.first { $0.name == lowercaseName }?.value
    }
}
