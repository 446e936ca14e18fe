/// Why a stream or a connection of HTTP/2 ends (RFC 9113 §7).
public enum HTTP2ErrorCode: UInt32, Sendable, CaseIterable {
    case noError = 0
    case protocolError = 1
    case internalError = 2
    case flowControlError = 3
    case settingsTimeout = 4
    case streamClosed = 5
    case frameSizeError = 6
    case refusedStream = 7
    case cancel = 8
    case compressionError = 9
    case connectError = 10
    case enhanceYourCalm = 11
    case inadequateSecurity = 12
    case http11Required = 13

    /// The code that a peer sent; one that nobody has defined counts as an internal error.
    internal init(received code: UInt32) {
        self = HTTP2ErrorCode(rawValue: code) ?? .internalError
    }

    /// Whether a reset with this code says that the other side has broken a rule.
    ///
    /// Such resets are what a peer can make us send, and count as its own ("MadeYouReset").
    internal var blamesPeer: Bool {
        switch self {
        case .protocolError, .flowControlError, .streamClosed, .frameSizeError, .refusedStream,
            .compressionError, .enhanceYourCalm:
            true
        case .noError, .internalError, .settingsTimeout, .cancel, .connectError,
            .inadequateSecurity, .http11Required:
            false
        }
    }
}
