import Glibc

/// Which addresses one request may connect to, asked when a socket is about to be made: after the
/// name was resolved, so that no name server can lead plain text away from loopback.
enum AddressRule: Equatable {
    case any
    case loopback
    /// The very address, 4 or 16 bytes.
    case pinned([UInt8])

    /// Whether a socket to the address, 4 or 16 bytes in network order, may be made.
    func permits(_ address: [UInt8]) -> Bool {
        switch self {
        case .any: true
        case .loopback: Self.isLoopback(address)
        case .pinned(let wanted): Self.folded(address) == Self.folded(wanted)
        }
    }

    /// Whether the bytes are 127.0.0.0/8, `::1`, or the former inside IPv6.
    static func isLoopback(_ address: [UInt8]) -> Bool {
        let folded = folded(address)
        if folded.count == 4 {
            return folded[0] == 127
        }
        return folded.count == 16 && folded.dropLast().allSatisfy { $0 == 0 } && folded[15] == 1
    }

    /// The bytes of a literal address, with or without brackets, or `nil` for a name.
    static func literal(_ text: String) -> [UInt8]? {
        var bare = text
        if bare.hasPrefix("["), bare.hasSuffix("]") {
            bare = String(bare.dropFirst().dropLast())
        }
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            // SAFETY: inet_pton writes 4 bytes for AF_INET and 16 for AF_INET6, which is the count.
            if unsafe inet_pton(family, bare, &bytes) == 1 {
                return bytes
            }
        }
        return nil
    }

    /// The IPv4 address inside a v4-mapped IPv6 one, and every other address as it is.
    private static func folded(_ address: [UInt8]) -> [UInt8] {
        guard address.count == 16, address.prefix(10).allSatisfy({ $0 == 0 }),
            address[10] == 0xFF, address[11] == 0xFF
        else { return address }
        return Array(address.suffix(4))
    }
}
