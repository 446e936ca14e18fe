/// An internet address, IPv4 or IPv6, without a zone.
///
/// An IPv4 address is held as `::ffff:a.b.c.d`, so that an address has one form however a peer or a
/// header spells it: the mapped spelling *is* the IPv4 address here.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, in network order read as a number.
    let high: UInt64
    /// The last eight bytes.
    let low: UInt64

    /// Makes the address of two halves.
    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes an IPv4 address of its number, the first octet in the highest byte.
    public init(ipv4 number: UInt32) {
        high = 0
        low = Self.mappedPrefix << 32 | UInt64(number)
    }

    /// Makes an IPv6 address of its sixteen bytes, or the IPv4 address where it is a mapped one.
    public init(ipv6 bytes: InlineArray<16, UInt8>) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<8 {
            high = high << 8 | UInt64(bytes[index])
            low = low << 8 | UInt64(bytes[8 + index])
        }
        self.init(high: high, low: low)
    }

    /// Reads an address as text; the `String` form of ``init(_:)-(Span<UInt8>)``.
    public init?(_ text: String) {
        let bytes = [UInt8](text.utf8)
        self.init(bytes.span)
    }

    /// `127.0.0.1`.
    public static let loopback = IPAddress(ipv4: 0x7F00_0001)

    /// Whether this is an IPv4 address.
    public var isIPv4: Bool { high == 0 && low >> 32 == Self.mappedPrefix }

    /// Whether packets to it never leave the machine: `127.0.0.0/8` and `::1`.
    public var isLoopback: Bool {
        isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1
    }

    /// Whether it stands for all addresses of the machine: `0.0.0.0` and `::`.
    public var isUnspecified: Bool {
        isIPv4 ? low & 0xFFFF_FFFF == 0 : high == 0 && low == 0
    }

    /// What one subscriber holds: the /64 of an IPv6 address, all of an IPv4 address.
    ///
    /// The key of per-address budgets.
    public var networkKey: NetworkKey {
        NetworkKey(high: high, low: isIPv4 ? low : 0)
    }

    /// The same network as an address: of IPv6 the first of the /64, an IPv4 address itself.
    public var network: IPAddress {
        IPAddress(high: high, low: isIPv4 ? low : 0)
    }

    static let mappedPrefix: UInt64 = 0xFFFF
}

/// The part of an address that budgets are counted by; see ``IPAddress/networkKey``.
public struct NetworkKey: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// Makes the key of two words.
    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
