import Bytes

/// A block of addresses, as `192.0.2.0/24` or `2001:db8::/32` say it.
///
/// IPv4 addresses belong to IPv4 blocks only: `::/0` holds none of them.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    private let base: IPAddress
    /// Of 128 bits, for IPv4 as well.
    private let prefixLength: Int

    /// Reads `ADDRESS/LENGTH`, or a bare address for itself alone.
    ///
    /// Bits of the address beyond the length are dropped: ``hasHostBits(_:)`` finds them, for a
    /// warning. Lengths are plain decimal without leading zeros.
    public init?(_ cidr: String) {
        guard let (address, length) = Self.parse(cidr) else { return nil }
        prefixLength = length
        base = Self.masked(address, length)
    }

    /// Makes the block of a single address.
    public init(_ address: IPAddress) {
        base = address
        prefixLength = 128
    }

    /// Whether the text is a block whose address has bits beyond the length, as `192.0.2.1/24`:
    /// most often a slip.
    public static func hasHostBits(_ cidr: String) -> Bool {
        guard let (address, length) = parse(cidr) else { return false }
        return masked(address, length) != address
    }

    /// Whether the block holds `address`.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.isIPv4 == base.isIPv4 || prefixLength >= 96 else { return false }
        return Self.masked(address, prefixLength) == base
    }

    /// The block as ``init(_:)`` reads it, always with its length.
    public var description: String {
        "\(base)/\(base.isIPv4 && prefixLength >= 96 ? prefixLength - 96 : prefixLength)"
    }

    private static func parse(_ cidr: String) -> (address: IPAddress, length: Int)? {
        let bytes = [UInt8](cidr.utf8)
        guard let slash = bytes.span.firstIndex(of: UInt8(ascii: "/")) else {
            guard let address = IPAddress(bytes.span) else { return nil }
            return (address, 128)
        }
        guard let address = IPAddress(bytes.span.extracting(0..<slash)) else { return nil }
        let digits = bytes.span.extracting(slash + 1..<bytes.count)
        guard digits.count <= 3, let number = digits.decimalValue(),
            digits.count == 1 || digits[0] != UInt8(ascii: "0")
        else { return nil }
        // The mapped spelling counts its length in 128 bits, the dotted one in 32.
        let isMappedSpelling = bytes.span.firstIndex(of: UInt8(ascii: ":")) != nil
        let offset: UInt64 = address.isIPv4 && !isMappedSpelling ? 96 : 0
        guard number <= 128 - offset else { return nil }
        return (address, Int(number + offset))
    }

    private static func masked(_ address: IPAddress, _ length: Int) -> IPAddress {
        // Shifts by the whole width answer zero in Swift.
        let high = length >= 64 ? UInt64.max : ~(UInt64.max >> UInt64(length))
        let low = length <= 64 ? 0 : ~(UInt64.max >> UInt64(length - 64))
        return IPAddress(high: address.high & high, low: address.low & low)
    }
}
