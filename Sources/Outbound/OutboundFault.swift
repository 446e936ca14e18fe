/// Why a request brought no response, by who is at fault.
///
/// A response of any status is not a fault. Details are for the operator's log: they name hosts and
/// reasons, never bodies or fields.
public enum OutboundFault: Error, Hashable, Sendable {
    // Ours.

    /// The Swift task that asked was cancelled, and the transfer ended with it.
    case cancelled
    /// The client was shut down before the response was complete.
    case clientClosed
    /// libcurl or the system failed in a way that nobody outside caused.
    case internalFailure(detail: String)
    /// Plain `http` to where it is not allowed, by its name or by what the name resolved to.
    case plaintextRefused
    /// As many requests run and wait as are allowed to.
    case queueFull
    /// The request could not be put on the wire as described.
    case requestMalformed(detail: String)

    // The network's.

    /// Nothing accepts connections there, or the way is closed.
    case peerUnreachable(detail: String)
    /// The name has no address.
    case nameUnresolved(detail: String)

    // The peer's.

    /// The peer closed or reset the connection, or the HTTP/2 stream, before a response.
    case connectionLost(detail: String)
    /// The certificate is not the peer's, not in date, or not from a trusted authority.
    case peerUnverified(detail: String)
    /// The time was over before the response was complete.
    case peerTooSlow(detail: String)
    /// Over TLS the peer agreed on another ``OutboundRequest/version`` of HTTP than was asked for.
    case protocolRefused
    /// What came was not HTTP.
    case responseMalformed(detail: String)
    /// The response was larger than allowed; it was cut off there.
    case responseTooLarge(limit: Int)
    /// The response ended before it was complete.
    case responseTruncated
    /// TLS could not be agreed on.
    case tlsFailed(detail: String)

    /// Whether the same request may well succeed a little later, without anybody changing anything.
    public var isRetriable: Bool {
        switch self {
        case .cancelled, .clientClosed, .internalFailure, .plaintextRefused, .requestMalformed,
            .peerUnverified, .protocolRefused, .responseMalformed, .responseTooLarge, .tlsFailed:
            false
        case .connectionLost, .nameUnresolved, .peerTooSlow, .peerUnreachable, .queueFull,
            .responseTruncated:
            true
        }
    }

    /// Whether it says nothing about the peer: the cause is this process or its machine.
    public var isOurs: Bool {
        switch self {
        case .cancelled, .clientClosed, .internalFailure, .plaintextRefused, .queueFull,
            .requestMalformed:
            true
        case .connectionLost, .nameUnresolved, .peerTooSlow, .peerUnreachable, .peerUnverified,
            .protocolRefused, .responseMalformed, .responseTooLarge, .responseTruncated,
            .tlsFailed:
            false
        }
    }

    /// One line for the operator's log.
    public var logDetail: String {
        switch self {
        case .cancelled: "the request was given up"
        case .clientClosed: "the gateway is shutting down"
        case .connectionLost(let detail): "the connection was lost: \(detail)"
        case .internalFailure(let detail): "internal failure: \(detail)"
        case .nameUnresolved(let detail): "the name did not resolve: \(detail)"
        case .peerTooSlow(let detail): "too slow: \(detail)"
        case .peerUnreachable(let detail): "unreachable: \(detail)"
        case .peerUnverified(let detail): "the certificate was refused: \(detail)"
        case .plaintextRefused: "plain http is spoken to loopback only"
        case .protocolRefused: "the server does not speak the version of HTTP that was asked for"
        case .queueFull: "too many requests wait already"
        case .requestMalformed(let detail): "the request is malformed: \(detail)"
        case .responseMalformed(let detail): "the response is not HTTP: \(detail)"
        case .responseTooLarge(let limit): "the response is larger than \(limit) bytes"
        case .responseTruncated: "the response ended before it was complete"
        case .tlsFailed(let detail): "TLS failed: \(detail)"
        }
    }

    /// One word for a metric's label.
    public var metricLabel: String {
        switch self {
        case .cancelled: "cancelled"
        case .clientClosed: "client_closed"
        case .connectionLost: "connection_lost"
        case .internalFailure: "internal_failure"
        case .nameUnresolved: "name_unresolved"
        case .peerTooSlow: "timeout"
        case .peerUnreachable: "unreachable"
        case .peerUnverified: "certificate_refused"
        case .plaintextRefused: "plaintext_refused"
        case .protocolRefused: "protocol_refused"
        case .queueFull: "queue_full"
        case .requestMalformed: "request_malformed"
        case .responseMalformed: "response_malformed"
        case .responseTooLarge: "response_too_large"
        case .responseTruncated: "response_truncated"
        case .tlsFailed: "tls_failed"
        }
    }
}
