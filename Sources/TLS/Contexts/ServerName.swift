import Glibc

/// A name that a certificate is bound to: a host name, or `*.` and a host name.
internal struct ServerName: Hashable, Sendable {
    /// The host name in lower case without a trailing dot; for a wildcard, what follows `*.`.
    internal let host: String
    /// Whether it stands for every name of exactly one label more.
    internal let isWildcard: Bool

    /// Reads a name of the settings, or refuses it.
    internal init?(pattern: String) {
        var host = pattern.lowercased()
        isWildcard = host.hasPrefix("*.")
        if isWildcard {
            host.removeFirst(2)
        }
        if host.hasSuffix(".") {
            host.removeLast()
        }
        guard Self.isHostName(host) else { return nil }
        self.host = host
    }

    /// Whether the text is an IPv4 or IPv6 address.
    ///
    /// Those are never sent as server names (RFC 6066 §3).
    internal static func isAddress(_ text: String) -> Bool {
        var address = in6_addr()
        // SAFETY: the larger of the two kinds of address is written to at most.
        return unsafe inet_pton(AF_INET, text, &address) == 1
            || inet_pton(AF_INET6, text, &address) == 1
    }

    private static func isHostName(_ host: String) -> Bool {
        guard !host.isEmpty, host.utf8.count <= lengthMax else { return false }
        return host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { label in
                !label.isEmpty && label.count <= labelLengthMax
                    && label.allSatisfy { byte in
                        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    }
            }
    }

    /// RFC 1035 §2.3.4.
    private static let lengthMax = 253
    private static let labelLengthMax = 63
}
