/// The four forms of a request target (RFC 9112 §3.2).
public enum TargetForm: UInt8, Sendable {
    /// `http://host/path`.
    case absoluteHTTP
    /// `https://host/path`.
    case absoluteHTTPS
    /// `*`, of OPTIONS.
    case asterisk
    /// `host:port`, of CONNECT.
    case authority
    /// `/path`.
    case origin
}

/// The head of one request, checked and in one block of bytes.
///
/// A machine fills it in; reused, it allocates nothing. Method, target and host are places in the
/// block of ``fields``, so nothing here refers to the buffer that the bytes came in.
public struct RequestHead: Sendable {
    /// What is asked for.
    public internal(set) var method = Method.other
    /// The version that the request came in.
    public internal(set) var version = HTTPVersion.http11
    /// Which of its forms the target has.
    public internal(set) var form = TargetForm.origin
    /// The fields, in the order sent.
    ///
    /// Those that frame the body are among them: a head that is forwarded is written from
    /// ``framing`` instead.
    public internal(set) var fields = FieldBlock()
    /// How the body ends; never `untilClose`.
    public internal(set) var framing = BodyFraming.none
    /// Whether the peer wants to send another request on the connection.
    public internal(set) var keepsAlive = false
    /// Whether the peer waits for `100 Continue` before it sends the body that it announces.
    public internal(set) var expectsContinue = false
    /// Whether the peer asks to change the protocol: `Connection: upgrade` and an `Upgrade` field in
    /// HTTP/1.1, an extended CONNECT in HTTP/2.
    ///
    /// To which one is the caller's to judge; it is never HTTP itself (`h2c`).
    public internal(set) var upgrade = false
    /// Whether the request is an extended CONNECT of HTTP/2 (RFC 8441), read as what it stands for: a
    /// GET that asks to change the protocol.
    ///
    /// The answer that lets it is `200` there and not `101`, and the tunnel is the stream.
    public internal(set) var isExtendedConnect = false
    /// Whether the target has a `?`, with or without a query behind it.
    public internal(set) var hasQuery = false

    @BlockPlace
    internal var methodPlace = 0..<0
    @BlockPlace
    internal var targetPlace = 0..<0
    @BlockPlace
    internal var hostPlace = 0..<0
    @BlockPlace
    internal var pathPlace = 0..<0
    @BlockPlace
    internal var queryPlace = 0..<0

    /// Makes an empty head without memory.
    public init() {}

    /// The method as sent.
    public var methodBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { fields.bytes.span.extracting(methodPlace) }
    }

    /// The target as sent.
    public var target: Span<UInt8> {
        @_lifetime(borrow self)
        get { fields.bytes.span.extracting(targetPlace) }
    }

    /// The host, and the port if one was named, that the request is meant for: from the target
    /// where it names one, else from `Host`.
    ///
    /// Valid as in ``HostName``; empty in HTTP/1.0 without `Host`.
    public var host: Span<UInt8> {
        @_lifetime(borrow self)
        get { fields.bytes.span.extracting(hostPlace) }
    }

    /// The path as sent: `/` where an absolute target has none, `*` for the asterisk form, empty for
    /// the authority form.
    public var pathBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { fields.bytes.span.extracting(pathPlace) }
    }

    /// The query without `?`, as sent.
    public var queryBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { fields.bytes.span.extracting(queryPlace) }
    }

    /// Forgets the request and keeps the memory; what comes next is of that version.
    public mutating func removeAll(version: HTTPVersion = .http11) {
        fields.removeAll()
        method = .other
        self.version = version
        form = .origin
        framing = .none
        keepsAlive = false
        expectsContinue = false
        upgrade = false
        isExtendedConnect = false
        hasQuery = false
        methodPlace = 0..<0
        targetPlace = 0..<0
        hostPlace = 0..<0
        pathPlace = 0..<0
        queryPlace = 0..<0
    }
}

/// A place in a block of fields, in half the room: heads are copied, and a block ends before 4 GiB.
@propertyWrapper
internal struct BlockPlace: Sendable {
    private var start: UInt32
    private var end: UInt32

    init(wrappedValue: Range<Int>) {
        start = UInt32(wrappedValue.lowerBound)
        end = UInt32(wrappedValue.upperBound)
    }

    var wrappedValue: Range<Int> {
        get { Int(start)..<Int(end) }
        set { self = BlockPlace(wrappedValue: newValue) }
    }
}
