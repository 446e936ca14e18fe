/// One request that a peer makes, and everything that is to come of it.
struct RequestPlan {
    /// Unique in its simulation; travels as `x-plan`.
    var id: Int
    var method = "GET"
    /// The target as the peer writes it.
    var target = "/open/"
    /// The target as the origin must see it.
    var forwarded: String?
    var version = "HTTP/1.1"
    var host = "gate.test"
    var fields: [(String, String)] = []
    var body: [UInt8] = []
    var framing = Framing.none
    var expectsContinue = false
    /// What the identity headers must say to the origin; `nil` for no identity.
    var user: String?
    var expected = Expectation.forwarded
    var response = ResponsePlan()
    /// Whether an origin may refuse its stream when too much of the body has gone to be sent again.
    var mayBeRefused = false
    /// Whether it may wait behind others for an origin that allows few streams, and wait too long.
    var mayQueue = false
    /// Bytes written in place of a request.
    var raw: [UInt8]?
    /// Whether it goes out over HTTP/2, and what is special about it there.
    var isHTTP2 = false
    var stream = StreamPlan()

    enum Framing {
        /// Bytes behind the head that it does not speak of: those of a tunnel.
        case bare
        case chunked(sizes: Int)
        case length
        case none
    }

    enum Expectation: Equatable {
        /// Answered by the authorization server, with what was sent to it.
        case consulted
        /// What the origin sends comes through, or a failure that the world may cause.
        case forwarded
        /// Answered by the gateway with one of these.
        case refused([Int])
        /// A protocol of their own, which the origin echoes.
        case tunnelled
    }

    /// The plan in a few words, for a report.
    var summary: String {
        "\(id) \(raw == nil ? method : "raw") \(target.prefix(20)) \(version.suffix(1)) "
            + "\(framing) \(body.count)\(expectsContinue ? " expects" : "") \(expected) -> "
            + "\(response.status) \(response.framing) \(response.body.count)"
            + "\(response.closes ? " closes" : "")\(response.isEarly ? " early" : "")"
            + "\(response.cutAfter.map { " cut \($0) \(response.cutByReset)" } ?? "")"
    }

    /// Whether it says that it understands trailers.
    var asksForTrailers: Bool { fields.contains { $0.0 == "TE" } }

    /// Whether a trailer comes behind its body over HTTP/1.1, or `nil` over HTTP/2.
    var hasTrailer: Bool? {
        guard !isHTTP2 else { return nil }
        guard case .chunked(let size) = framing else { return false }
        return size % 2 == 0
    }

    var isIdempotent: Bool { ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"].contains(method) }

    /// The bytes of the head.
    func headBytes() -> [UInt8] {
        if let raw { return raw }
        var text = "\(method) \(target) \(version)\r\nHost: \(host)\r\nX-Plan: \(id)\r\n"
        for (name, value) in fields {
            text += "\(name): \(value)\r\n"
        }
        switch framing {
        case .bare, .none: break
        case .chunked: text += "Transfer-Encoding: chunked\r\n"
        case .length: text += "Content-Length: \(body.count)\r\n"
        }
        if expectsContinue {
            text += "Expect: 100-continue\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    /// The bytes of the body, framed.
    func bodyBytes() -> [UInt8] {
        guard raw == nil else { return [] }
        switch framing {
        case .none: return []
        case .bare, .length: return body
        case .chunked(let size): return chunked(body, size: size, extended: true)
        }
    }
}

/// Frames bytes in chunks; with an extension and a trailer where the other side must bear them.
func chunked(_ body: [UInt8], size: Int, extended: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    var start = 0
    while start < body.count {
        let end = min(body.count, start + size)
        let mark = extended && start == 0 ? ";a=b" : ""
        bytes += Array("\(String(end - start, radix: 16))\(mark)\r\n".utf8)
        bytes += body[start..<end]
        bytes += [0x0D, 0x0A]
        start = end
    }
    let trailer = extended && size % 2 == 0 ? "X-Trailer: 1\r\n" : ""
    return bytes + Array("0\r\n\(trailer)\r\n".utf8)
}

/// What an origin does with one request.
struct ResponsePlan {
    var status = 200
    var fields: [(String, String)] = []
    var body: [UInt8] = []
    var framing = Framing.length
    /// Interim responses before.
    var informational = 0
    /// How long it thinks before the first byte.
    var delay: Int64 = 0
    /// The bytes of the response after which it stops; `nil` for a whole one.
    var cutAfter: Int?
    var cutByReset = false
    /// How often it is refused before it is answered, by HTTP/2 origins.
    var refusalCount = 0
    /// It answers before it has read the request's body.
    var isEarly = false
    /// It says `Connection: close`, and closes.
    var closes = false
    /// Bytes in place of a response.
    var raw: [UInt8]?
    /// It never answers.
    var isSilent = false

    enum Framing {
        case chunked(size: Int)
        case length
        case untilClose
    }

    /// The response to a method, and how many of its bytes are its head.
    func bytes(id: Int, method: String) -> [UInt8] {
        if let raw { return raw }
        var text = ""
        for _ in 0..<informational {
            text += "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
        }
        text += "HTTP/1.1 \(status) Planned\r\nX-Origin: \(id)\r\n"
        for (name, value) in fields {
            text += "\(name): \(value)\r\n"
        }
        if closes || isUntilClose || isEarly {
            text += "Connection: close\r\n"
        }
        let mayHaveBody = status != 204 && status != 304
        switch framing {
        case .chunked where mayHaveBody: text += "Transfer-Encoding: chunked\r\n"
        case .length where mayHaveBody: text += "Content-Length: \(body.count)\r\n"
        case .chunked, .length, .untilClose: break
        }
        let head = Array((text + "\r\n").utf8)
        guard mayHaveBody, method != "HEAD" else { return head }
        switch framing {
        case .chunked(let size): return head + chunked(body, size: size, extended: true)
        case .length, .untilClose: return head + body
        }
    }

    var isUntilClose: Bool {
        if case .untilClose = framing { true } else { false }
    }

    /// Whether a trailer stands behind its body.
    func hasTrailer(to method: String) -> Bool {
        guard case .chunked(let size) = framing, status != 204, status != 304, method != "HEAD"
        else { return false }
        return size % 2 == 0
    }

    /// The body that the peer must see.
    func visibleBody(to method: String) -> [UInt8] {
        status == 204 || status == 304 || method == "HEAD" ? [] : body
    }
}

/// How a peer behaves.
struct PeerPlan {
    var requests: [RequestPlan] = []
    var startsAt: Int64 = 0
    /// Requests that may be under way at once.
    var depth = 1
    var readMax = 1 << 16
    var writeMax = 1 << 16
    /// The likelihood of a pause after a read or a write, and its length.
    var pausePercent = 0
    var pause: Int64 = 0
    /// Says that it sends no more once everything is sent, and waits.
    var halfCloses = false
    /// Waits for the gateway to close at the end.
    var staysAtEnd = false
    /// Leaves after so many bytes were sent, or read.
    var leavesAfterSent: Int?
    var leavesAfterRead: Int?
    var leavesByReset = false
    /// Reads, or writes, no more after so many bytes, and waits.
    var stallsReadingAfter: Int?
    var stallsWritingAfter: Int?
    /// Speaks HTTP/2, in this manner.
    var http2: HTTP2PeerPlan?

    /// Whether it does all that a good peer does.
    var isGood: Bool {
        leavesAfterSent == nil && leavesAfterRead == nil && stallsReadingAfter == nil
            && stallsWritingAfter == nil
    }
}
