import Bytes

/// The host and port that a request is meant for: `host`, `host:port`, `[v6]:port`.
///
/// Narrower than RFC 3986 §3.2 on purpose. User information, percent-triplets, sub-delimiters,
/// zones, empty labels, an empty port and port 0 are refused: back ends read them differently, and no
/// name that can be looked up needs them.
public enum HostName {
    /// Whether `authority` is a host and, perhaps, a port.
    public static func isValid(_ authority: Span<UInt8>) -> Bool {
        guard let end = hostEnd(authority), end > 0 else { return false }
        if end < authority.count, portValue(authority, after: end) == nil {
            return false
        }
        return authority[0] == UInt8(ascii: "[")
            ? isIPv6(authority.extracting(1..<(end - 1)))
            : isRegisteredName(authority.extracting(0..<end))
    }

    /// The port that a valid authority names, or `nil` where it names none.
    public static func port(of authority: Span<UInt8>) -> UInt16? {
        guard let end = hostEnd(authority), end < authority.count else { return nil }
        return portValue(authority, after: end)
    }

    /// The host of an authority, without its port; brackets are kept.
    @_lifetime(copy authority)
    public static func withoutPort(_ authority: Span<UInt8>) -> Span<UInt8> {
        authority.extracting(0..<(hostEnd(authority) ?? authority.count))
    }

    /// Appends the host in the one form that routes compare: without port, in lower case, without a
    /// trailing dot.
    public static func appendNormalized(_ authority: Span<UInt8>, to bytes: inout [UInt8]) {
        var end = hostEnd(authority) ?? authority.count
        if end > 1, authority[end - 1] == UInt8(ascii: ".") {
            end -= 1
        }
        bytes.append(lowercased: authority.extracting(0..<end))
    }

    /// Where the host ends and `:port`, if any, begins; `nil` for brackets that do not close.
    private static func hostEnd(_ authority: Span<UInt8>) -> Int? {
        guard authority.count > 0 else { return 0 }
        if authority[0] == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            return close + 1
        }
        return authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.count
    }

    private static func portValue(_ authority: Span<UInt8>, after end: Int) -> UInt16? {
        guard authority[end] == UInt8(ascii: ":") else { return nil }
        let digits = authority.extracting((end + 1)..<authority.count)
        guard digits.count <= 5, let value = digits.decimalValue(), value > 0 else { return nil }
        return UInt16(exactly: value)
    }

    /// Labels of letters, digits, `-` and `_`, a dot between them and perhaps one at the end.
    ///
    /// Covers dotted IPv4 addresses.
    private static func isRegisteredName(_ host: Span<UInt8>) -> Bool {
        // 253 letters is the longest name that DNS can hold (RFC 1035 §2.3.4), and a dot.
        guard host.count <= 254 else { return false }
        var isLabelEmpty = true
        for index in 0..<host.count {
            let byte = host[index]
            if byte == UInt8(ascii: ".") {
                if isLabelEmpty {
                    return false
                }
                isLabelEmpty = true
            } else {
                guard
                    ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "-")
                        || byte == UInt8(ascii: "_")
                else { return false }
                isLabelEmpty = false
            }
        }
        return true
    }

    /// Eight groups of one to four hexadecimal digits, `::` at most once for one group or more, and
    /// perhaps a dotted IPv4 address in place of the last two (RFC 4291 §2.2).
    private static func isIPv6(_ address: Span<UInt8>) -> Bool {
        var groups = 0
        var hasGap = false
        var index = 0
        if address.count >= 2, address[0] == UInt8(ascii: ":") {
            guard address[1] == UInt8(ascii: ":") else { return false }
            hasGap = true
            index = 2
        }
        while index < address.count {
            var end = index
            while end < address.count, ASCII.hexValue(address[end]) != nil {
                end += 1
            }
            if end < address.count, address[end] == UInt8(ascii: ".") {
                guard isIPv4(address.extracting(index..<address.count)) else { return false }
                groups += 2
                break
            }
            guard end > index, end - index <= 4 else { return false }
            groups += 1
            guard end < address.count else { break }
            guard address[end] == UInt8(ascii: ":"), end + 1 < address.count else { return false }
            index = end + 1
            if address[index] == UInt8(ascii: ":") {
                guard !hasGap else { return false }
                hasGap = true
                index += 1
            }
        }
        return hasGap ? groups <= 7 : groups == 8
    }

    private static func isIPv4(_ address: Span<UInt8>) -> Bool {
        var parts = 0
        var start = 0
        while start <= address.count {
            let end = address.firstIndex(of: UInt8(ascii: "."), from: start) ?? address.count
            let digits = address.extracting(start..<end)
            guard digits.count <= 3, let value = digits.decimalValue(), value <= 255 else {
                return false
            }
            guard digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return false }
            parts += 1
            start = end + 1
        }
        return parts == 4
    }
}
