/// What went wrong with an upstream: who is at fault, what the peer is told, what the log says.
public enum UpstreamFailure: CaseIterable, Sendable {
    /// It has answered the opening handshake of a WebSocket as no server may (RFC 6455 §4.2.2).
    case badWebSocket
    case closedEarly
    case connectFailed
    case connectTimedOut
    /// The time that the client of a gRPC call gave it.
    case deadlineExceeded
    case malformed
    case noServer
    /// It does not speak WebSocket: over HTTP/2 it has not said so (RFC 8441 §3), over HTTP/1.1 it
    /// has answered as if nobody had asked.
    case noWebSocket
    case outOfDescriptors
    case readTimedOut
    /// The server vouches that it has not touched the request (RFC 9113 §8.7).
    case refused
    case tlsFailed

    /// The status that the peer gets.
    var status: Int {
        switch self {
        case .badWebSocket, .closedEarly, .connectFailed, .malformed, .noWebSocket, .tlsFailed: 502
        case .noServer, .outOfDescriptors, .refused: 503
        case .connectTimedOut, .deadlineExceeded, .readTimedOut: 504
        }
    }

    /// The word in the log and in the problem document.
    public var word: StaticString {
        switch self {
        case .badWebSocket: "upstream_bad_websocket"
        case .closedEarly: "upstream_closed_early"
        case .connectFailed: "upstream_connect_failed"
        case .connectTimedOut: "upstream_connect_timeout"
        case .deadlineExceeded: "deadline_exceeded"
        case .malformed: "upstream_malformed"
        case .noServer: "upstream_unavailable"
        case .noWebSocket: "upstream_no_websocket"
        case .outOfDescriptors: "gateway_overloaded"
        case .readTimedOut: "upstream_read_timeout"
        case .refused: "upstream_refused"
        case .tlsFailed: "upstream_tls_failed"
        }
    }

    /// One sentence for the peer.
    var title: StaticString {
        switch self {
        case .badWebSocket: "The service behind the gateway answered a WebSocket wrongly."
        case .closedEarly: "The service behind the gateway closed the connection early."
        case .connectFailed: "The service behind the gateway could not be reached."
        case .connectTimedOut: "The service behind the gateway could not be reached in time."
        case .deadlineExceeded:
            "The service behind the gateway did not answer by the deadline of the call."
        case .malformed: "The service behind the gateway answered what cannot be read."
        case .noServer: "No server of the service behind the gateway is available."
        case .noWebSocket: "The service behind the gateway does not take WebSockets."
        case .outOfDescriptors: "The gateway is overloaded."
        case .readTimedOut: "The service behind the gateway did not answer in time."
        case .refused: "The service behind the gateway takes no more requests now."
        case .tlsFailed: "The service behind the gateway could not be trusted."
        }
    }

    /// Its place in the list that metrics are labelled by.
    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether the server is at fault, so that it counts towards ejection.
    var blamesServer: Bool {
        switch self {
        case .badWebSocket, .closedEarly, .connectFailed, .connectTimedOut, .malformed,
            .readTimedOut, .tlsFailed:
            true
        case .deadlineExceeded, .noServer, .noWebSocket, .outOfDescriptors, .refused: false
        }
    }
}
