import COpenSSL
import Glibc

/// Why something about TLS failed, and who is at fault.
///
/// Twelve bytes without references, so that outcomes that may carry one stay cheap; the text is
/// made when somebody asks for it. No field ever holds key material or application bytes.
public struct TLSFault: Error, Hashable, Sendable {
    /// What went wrong, one of a closed list.
    public let cause: Cause
    /// An `errno`, a TLS alert or a certificate verification error, as ``cause`` says; else zero.
    public let number: Int32
    /// The packed code of OpenSSL's first complaint, zero where it made none.
    public let libraryCode: UInt32

    internal init(_ cause: Cause, number: Int32 = 0, libraryCode: UInt32 = 0) {
        self.cause = cause
        self.number = number
        self.libraryCode = libraryCode
    }

    /// Who has to change something for this not to happen again.
    public var whose: Party { cause.whose }

    /// What the operator reads: the cause, then what OpenSSL or the system said about it.
    public var detail: String {
        guard let specific else { return cause.text }
        return "\(cause.text): \(specific)"
    }

    private var specific: String? {
        switch cause {
        case .alertReceived, .certificateRefusedByPeer:
            // SAFETY: a static C string, for every number.
            return unsafe String(cString: SSL_alert_desc_string_long(number))
        case .certificateRefused:
            // SAFETY: a static C string, for every number.
            return unsafe String(cString: X509_verify_cert_error_string(Int(number)))
        case .certificateFileUnreadable, .connectionLost, .keyFileUnreadable,
            .trustFileUnreadable:
            return number == 0 ? libraryReason : Self.text(ofSystemError: number)
        case .certificateMalformed, .certificateUnsuitable, .chainOutOfOrder, .keyEncrypted,
            .keyMalformed, .keyMismatch, .keyUnsuitable, .libraryFailure, .nothingInCommon,
            .plainText, .postHandshakeFlood, .protocolViolation, .serverNameInvalid,
            .serverNameRepeated, .trustFileMalformed:
            return libraryReason
        }
    }

    private var libraryReason: String? {
        // SAFETY: a static C string, or NULL for a code without a text.
        guard libraryCode != 0, let text = unsafe ERR_reason_error_string(UInt(libraryCode)) else {
            return nil
        }
        return unsafe String(cString: text)
    }

    private static func text(ofSystemError number: Int32) -> String {
        // SAFETY: a C string that this thread may read until it asks again (glibc 2.32 and later).
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}

extension TLSFault {
    /// Who is at fault.
    public enum Party: String, Hashable, Sendable, CaseIterable {
        /// A certificate or key, ours or the peer's: people must renew or replace it.
        case certificate
        /// This process, its settings or its machine.
        case ours
        /// Nobody in particular: the peer or the network went away.
        case peerGone = "peer_gone"
        /// The peer speaks TLS, but nothing that we accept.
        case peerIncompatible = "peer_incompatible"
        /// The peer broke the protocol, by mistake or to attack.
        case peerMisbehaved = "peer_misbehaved"
    }

    /// What went wrong.
    ///
    /// The raw value is the word for logs and metrics.
    public enum Cause: String, Hashable, Sendable, CaseIterable {
        /// The peer ended it with an alert (``TLSFault/number``) that accuses us of bad bytes.
        case alertReceived = "alert_received"
        /// The certificate file could not be read; ``TLSFault/number`` is the `errno`.
        case certificateFileUnreadable = "certificate_file_unreadable"
        /// The certificate file holds no PEM certificate, or a broken one.
        case certificateMalformed = "certificate_malformed"
        /// We refused the peer's certificate; ``TLSFault/number`` is the `X509_V_ERR`.
        case certificateRefused = "certificate_refused"
        /// The peer refused our certificate with an alert (``TLSFault/number``).
        case certificateRefusedByPeer = "certificate_refused_by_peer"
        /// Our certificate is too weak to be served.
        case certificateUnsuitable = "certificate_unsuitable"
        /// A certificate of the file did not issue the one before it.
        case chainOutOfOrder = "chain_out_of_order"
        /// The transport failed; ``TLSFault/number`` is the `errno`, zero for a plain end.
        case connectionLost = "connection_lost"
        /// The private key is protected with a pass phrase.
        case keyEncrypted = "key_encrypted"
        /// The key file could not be read; ``TLSFault/number`` is the `errno`.
        case keyFileUnreadable = "key_file_unreadable"
        /// The key file holds no PEM private key, or a broken one.
        case keyMalformed = "key_malformed"
        /// The private key is not that of the first certificate.
        case keyMismatch = "key_mismatch"
        /// The key is neither RSA of 2048 bits or more, nor ECDSA on P-256, P-384 or P-521, nor
        /// Ed25519.
        case keyUnsuitable = "key_unsuitable"
        /// OpenSSL failed for a reason of its own, such as want of memory.
        case libraryFailure = "library_failure"
        /// No version, cipher, group, signature or application protocol in common.
        case nothingInCommon = "nothing_in_common"
        /// The peer speaks plain HTTP to a TLS port.
        case plainText = "plain_text"
        /// Handshake messages without end after the handshake.
        case postHandshakeFlood = "post_handshake_flood"
        /// Bytes that are not TLS, or that TLS forbids here.
        case protocolViolation = "protocol_violation"
        /// A server name is neither a host name nor `*.` and a host name.
        case serverNameInvalid = "server_name_invalid"
        /// Two certificates claim one server name.
        case serverNameRepeated = "server_name_repeated"
        /// The file of trusted certificates holds none, or a broken one.
        case trustFileMalformed = "trust_file_malformed"
        /// The file of trusted certificates could not be read; ``TLSFault/number`` is the `errno`.
        case trustFileUnreadable = "trust_file_unreadable"
    }
}

extension TLSFault.Cause {
    /// Who has to change something.
    public var whose: TLSFault.Party {
        switch self {
        case .certificateMalformed, .certificateRefused, .certificateRefusedByPeer,
            .certificateUnsuitable, .chainOutOfOrder, .keyEncrypted, .keyMalformed, .keyMismatch,
            .keyUnsuitable, .trustFileMalformed:
            .certificate
        case .certificateFileUnreadable, .keyFileUnreadable, .libraryFailure, .serverNameInvalid,
            .serverNameRepeated, .trustFileUnreadable:
            .ours
        case .connectionLost:
            .peerGone
        case .nothingInCommon:
            .peerIncompatible
        case .alertReceived, .plainText, .postHandshakeFlood, .protocolViolation:
            .peerMisbehaved
        }
    }

    fileprivate var text: String {
        switch self {
        case .alertReceived: "the peer sent an alert"
        case .certificateFileUnreadable: "the certificate file cannot be read"
        case .certificateMalformed: "the certificate file holds no valid PEM certificate"
        case .certificateRefused: "the peer's certificate was refused"
        case .certificateRefusedByPeer: "the peer refused our certificate"
        case .certificateUnsuitable: "the certificate cannot be served"
        case .chainOutOfOrder:
            "the certificates are out of order: each must be issued by the one after it"
        case .connectionLost: "the connection was lost"
        case .keyEncrypted: "the private key is protected with a pass phrase"
        case .keyFileUnreadable: "the private key file cannot be read"
        case .keyMalformed: "the key file holds no valid PEM private key"
        case .keyMismatch: "the private key does not belong to the certificate"
        case .keyUnsuitable:
            "the key is not RSA of 2048 bits or more, ECDSA on P-256, P-384 or P-521, or Ed25519"
        case .libraryFailure: "OpenSSL failed"
        case .nothingInCommon: "no version, cipher, group or protocol in common"
        case .plainText: "the peer sent plain HTTP"
        case .postHandshakeFlood: "the peer sent handshake messages without end"
        case .protocolViolation: "the peer broke the protocol"
        case .serverNameInvalid: "a server name is not a host name"
        case .serverNameRepeated: "a server name is claimed by two certificates"
        case .trustFileMalformed: "the file of trusted certificates holds no valid PEM certificate"
        case .trustFileUnreadable: "the file of trusted certificates cannot be read"
        }
    }
}

extension TLSFault: CustomStringConvertible {
    /// ``detail``.
    public var description: String { detail }
}
