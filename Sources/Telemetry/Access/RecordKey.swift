/// The fields of an access line, in the order in which they are written.
public enum RecordKey: UInt8, CaseIterable, Sendable {
    /// When the request head was complete: nanoseconds since 1970.
    case time
    /// The id that the answer and the upstream got too.
    case requestID
    /// The true client's address.
    case client
    /// The method, as sent.
    case method
    /// The host asked for, without its port.
    case host
    /// The path, and the query with its secrets redacted.
    case path
    /// `HTTP/1.1` and its like.
    case protocolName
    /// The TLS version; absent on plain listeners.
    case tlsVersion
    /// The route that matched.
    case route
    /// The status answered; 499 where the peer left before.
    case status
    /// `grpc-status` of a gRPC call, which is what its client saw.
    case grpcStatus
    /// `allow`, `refuse` or `would_refuse`.
    case decision
    /// The reason code of a refusal.
    case reason
    /// The closed word that says more than the reason.
    case detail
    /// The error word that the authorization server answered with.
    case oauthError
    /// The OAuth client that asked the authorization server.
    case clientID
    /// Whether the identity fields were proven by a signature, or found by our own authorization
    /// server; otherwise they are the sender's word.
    case verified
    /// `iss` of the token.
    case issuer
    /// `sub` of the token.
    case subject
    /// `kid` of the token.
    case keyID
    /// `alg` of the token.
    case algorithm
    /// The fingerprint of the token; the token itself is never logged.
    case tokenFingerprint
    /// The scopes that the route asked for and the token lacks, one space between.
    case scopesMissing
    /// The server that was forwarded to.
    case upstream
    /// Bytes of the request, head and body, as received.
    case bytesReceived
    /// Bytes of the response, head and body, as sent.
    case bytesSent
    /// From the first byte of the request to the last of the response: nanoseconds.
    case duration
    /// From asking for an upstream connection to having one: nanoseconds.
    case upstreamConnect
    /// From the request being sent upstream to the first byte of its response: nanoseconds.
    case firstByte
    /// Why the upstream failed, which tells one 502, 503 or 504 from another.
    case upstreamError
    /// `User-Agent`, as sent.
    case userAgent
    /// `Referer`, as sent, its query redacted by the caller.
    case referer
}

extension RecordKey {
    /// The name of the field in a JSON line.
    public var jsonName: StaticString {
        switch self {
        case .time: "time"
        case .requestID: "request_id"
        case .client: "client"
        case .method: "method"
        case .host: "host"
        case .path: "path"
        case .protocolName: "protocol"
        case .tlsVersion: "tls"
        case .route: "route"
        case .status: "status"
        case .grpcStatus: "grpc_status"
        case .decision: "decision"
        case .reason: "reason"
        case .detail: "detail"
        case .oauthError: "oauth_error"
        case .clientID: "client_id"
        case .verified: "verified"
        case .issuer: "issuer"
        case .subject: "subject"
        case .keyID: "kid"
        case .algorithm: "alg"
        case .tokenFingerprint: "token"
        case .scopesMissing: "scopes_missing"
        case .upstream: "upstream"
        case .bytesReceived: "bytes_in"
        case .bytesSent: "bytes_out"
        case .duration: "duration"
        case .upstreamConnect: "upstream_connect"
        case .firstByte: "first_byte"
        case .upstreamError: "upstream_error"
        case .userAgent: "user_agent"
        case .referer: "referer"
        }
    }

    /// The most bytes of a text that are kept; longer ones are cut and end in an ellipsis.
    ///
    /// Together with the six letters that one byte may become, the sum keeps every line under the
    /// 64 KiB that `gatehouse logs` reads.
    public var textSizeMax: Int {
        switch self {
        // A target may have 8 KiB; a path that long is an attack or a search form, and both are
        // told by their beginning.
        case .path: 2048
        case .referer: 1024
        case .userAgent, .issuer, .scopesMissing: 512
        case .clientID, .host, .route, .subject, .upstream: 256
        default: 128
        }
    }

    /// The bit that stands for this key in the masks of a record.
    @inline(__always)
    internal var bit: UInt32 { 1 << UInt32(rawValue) }

    /// The keys whose numbers are nanoseconds, written as seconds with six decimals.
    internal static let durationBits =
        RecordKey.duration.bit | RecordKey.upstreamConnect.bit | RecordKey.firstByte.bit
}
