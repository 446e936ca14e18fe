import COpenSSL
import Glibc

extension TLSFault {
    /// Takes OpenSSL's first complaint for the library code, and empties its queue.
    internal init(_ cause: Cause, number: Int32 = 0, drainingQueue: Void) {
        let code = ERR_get_error()
        ERR_clear_error()
        self.init(cause, number: number, libraryCode: UInt32(truncatingIfNeeded: code))
    }

    /// Reads the blame off OpenSSL's queue after a call on a connection failed with
    /// `SSL_ERROR_SSL`, and empties the queue.
    ///
    /// The first complaint counts: later ones are consequences.
    ///
    /// - Parameter verification: `SSL_get_verify_result` of the connection.
    internal init(connectionFailedWith verification: Int) {
        let code = ERR_get_error()
        ERR_clear_error()
        let library = ERR_GET_LIB(code)
        let reason = ERR_GET_REASON(code)
        let packed = UInt32(truncatingIfNeeded: code)
        if code == 0 || ERR_FATAL_ERROR(code) != 0 {
            self.init(.libraryFailure, libraryCode: packed)
        } else if library != ERR_LIB_SSL {
            // A number that does not fit its curve, a signature that does not decode: the peer's.
            self.init(.protocolViolation, libraryCode: packed)
        } else if reason == SSL_R_CERTIFICATE_VERIFY_FAILED {
            self.init(
                .certificateRefused,
                number: Int32(truncatingIfNeeded: verification),
                libraryCode: packed
            )
        } else if reason > SSL_AD_REASON_OFFSET, reason - SSL_AD_REASON_OFFSET <= UInt8.max {
            let alert = reason - SSL_AD_REASON_OFFSET
            self.init(Self.cause(ofAlert: alert), number: alert, libraryCode: packed)
        } else {
            self.init(Self.cause(ofReason: reason), libraryCode: packed)
        }
    }

    private static func cause(ofAlert alert: Int32) -> Cause {
        switch alert {
        case SSL3_AD_BAD_CERTIFICATE, SSL3_AD_UNSUPPORTED_CERTIFICATE, SSL3_AD_CERTIFICATE_REVOKED,
            SSL3_AD_CERTIFICATE_EXPIRED, SSL3_AD_CERTIFICATE_UNKNOWN, TLS1_AD_UNKNOWN_CA,
            TLS1_AD_ACCESS_DENIED, TLS1_AD_BAD_CERTIFICATE_STATUS_RESPONSE:
            .certificateRefusedByPeer
        case SSL3_AD_HANDSHAKE_FAILURE, TLS1_AD_PROTOCOL_VERSION, TLS1_AD_INSUFFICIENT_SECURITY,
            TLS1_AD_NO_APPLICATION_PROTOCOL, TLS1_AD_UNRECOGNIZED_NAME,
            TLS13_AD_CERTIFICATE_REQUIRED:
            .nothingInCommon
        case TLS1_AD_INTERNAL_ERROR, TLS1_AD_USER_CANCELLED:
            .connectionLost
        default:
            .alertReceived
        }
    }

    private static func cause(ofReason reason: Int32) -> Cause {
        switch reason {
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
            .plainText
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            .connectionLost
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SHARED_GROUPS, SSL_R_NO_SUITABLE_GROUPS,
            SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
            SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_NO_APPLICATION_PROTOCOL,
            SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_UNSUPPORTED_PROTOCOL,
            SSL_R_UNSUPPORTED_SSL_VERSION, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH,
            SSL_R_WRONG_SSL_VERSION, SSL_R_UNKNOWN_PROTOCOL, SSL_R_NO_CIPHERS_AVAILABLE,
            SSL_R_INAPPROPRIATE_FALLBACK, SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED,
            SSL_R_WRONG_CERTIFICATE_TYPE, SSL_R_WRONG_CURVE, SSL_R_WRONG_SIGNATURE_TYPE,
            SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK,
            SSL_R_DH_KEY_TOO_SMALL, SSL_R_UNSUPPORTED_ELLIPTIC_CURVE:
            .nothingInCommon
        default:
            .protocolViolation
        }
    }
}

/// Empties OpenSSL's error queue of what another user of the library left on this thread.
///
/// A stale entry would be taken for the cause of the next call's outcome. Looking first costs a
/// tenth of clearing, and the queue is almost always empty.
internal func clearLibraryErrors() {
    if ERR_peek_error() != 0 {
        ERR_clear_error()
    }
}
