public import Configuration
public import EventLoop

/// A whole request to an endpoint of the authorization server, as a value.
///
/// The data plane has read it to its end; only values cross to the control plane.
public struct ControlRequest: Sendable {
    /// Which of our paths it is.
    public var endpoint: Endpoint
    /// The segment that stands for `*` in the endpoint's path, percent-decoded; empty where there is
    /// none.
    public var parameter: String
    /// The method, as it was sent.
    public var method: String
    /// The path, canonical.
    public var path: String
    /// The query as it was sent, without `?`; `nil` where there is none.
    public var query: String?
    /// The fields, names in lower case, in order.
    public var fields: [ControlField]
    /// The body, whole.
    public var body: [UInt8]
    /// Who asks, behind the proxies that are trusted.
    public var clientAddress: IPAddress
    /// Whether passwords and tokens may be answered: the client spoke `https` to us or to a trusted
    /// proxy, or came over loopback.
    public var isConfidential: Bool
    /// The id that the log, the answer and the pages show.
    public var requestID: String

    /// Names all of it.
    public init(
        endpoint: Endpoint,
        parameter: String = "",
        method: String,
        path: String,
        query: String? = nil,
        fields: [ControlField] = [],
        body: [UInt8] = [],
        clientAddress: IPAddress,
        isConfidential: Bool,
        requestID: String
    ) {
        self.endpoint = endpoint
        self.parameter = parameter
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.clientAddress = clientAddress
        self.isConfidential = isConfidential
        self.requestID = requestID
    }

    /// The values of a field, its name in lower case.
    public func values(of name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    /// The value of a field that must stand once, or `nil` where it stands never or twice.
    public func value(of name: String) -> String? {
        let found = values(of: name)
        return found.count == 1 ? found[0] : nil
    }
}

/// One field of a control request or response.
public struct ControlField: Sendable, Hashable {
    /// The name, in lower case.
    public var name: String
    /// The value.
    public var value: String

    /// Puts a field together.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The authorization server's whole response.
public struct ControlResponse: Sendable {
    /// The status.
    public var status: Int
    /// Every field but `Date`, `Content-Length`, `Connection` and what the listener adds.
    public var fields: [ControlField]
    /// The body.
    public var body: [UInt8]
    /// What the access line says beside the status.
    public var note: ControlNote

    /// Puts a response together.
    public init(
        status: Int,
        fields: [ControlField] = [],
        body: [UInt8] = [],
        note: ControlNote = ControlNote()
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.note = note
    }
}

/// What the access line says of a request to the authorization server; nothing secret.
public struct ControlNote: Sendable, Hashable {
    /// Why it was refused: an error word of the dialect (`invalid_grant`,
    /// `REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED`), or empty.
    public var error: String
    /// More for the operator's eyes: `code.replayed`, `verifier.mismatch`, or empty.
    public var detail: String
    /// The client, where it is known.
    public var clientID: String
    /// The user, where one is known.
    public var subject: String

    /// Names all of it.
    public init(
        error: String = "",
        detail: String = "",
        clientID: String = "",
        subject: String = ""
    ) {
        self.error = error
        self.detail = detail
        self.clientID = clientID
        self.subject = subject
    }
}
