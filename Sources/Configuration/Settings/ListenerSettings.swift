public import EventLoop

/// One address that peers connect to.
public struct ListenerSettings: Sendable {
    /// Where to listen.
    public var address: SocketAddress
    /// The certificates of a TLS listener, or `nil` for a plain one.
    public var tls: TLSSettings?
    /// What peers may speak here, the preferred one first; never empty.
    public var protocols: [ListenerProtocol]
    /// What happens to requests: served, or sent to `https`.
    public var purpose: ListenerPurpose
    /// Whether a plain listener beyond loopback was allowed by `plaintext`.
    public var allowsPlaintext: Bool
    /// The `max-age` of `Strict-Transport-Security` on TLS listeners, or `nil` where switched off.
    public var strictTransportSecurity: Duration?
}

/// What peers of a listener may speak, by its name in ALPN (RFC 7301).
public enum ListenerProtocol: String, Sendable, CaseIterable {
    /// HTTP/2: chosen by ALPN over TLS, known beforehand on a plain listener (RFC 9113 §3.3).
    case http2 = "h2"
    /// HTTP/1.1, and HTTP/1.0 with it.
    case http11 = "http/1.1"
}

/// What a listener does with requests.
public enum ListenerPurpose: Sendable, Hashable {
    /// Every request is answered 308 to the same target under `https` (`redirect https;`).
    case redirectToHTTPS
    case serve
}

/// What a TLS listener shows.
public struct TLSSettings: Sendable, Hashable {
    /// The pair shown to peers that name no other.
    public var certificate: CertificateSettings
    /// Further pairs, each for the names beside it; a name may begin with `*.`.
    public var named: [NamedCertificateSettings]
}

/// A certificate chain and its private key, PEM files.
public struct CertificateSettings: Sendable, Hashable {
    /// Absolute path of the chain, the server's own certificate first.
    public var certificatePath: String
    /// Absolute path of the key.
    public var keyPath: String
}

/// A certificate pair bound to server names.
public struct NamedCertificateSettings: Sendable, Hashable {
    /// Host names in lower case, exact or `*.` and a suffix.
    public var names: [String]
    /// The pair shown for those names.
    public var certificate: CertificateSettings
}
