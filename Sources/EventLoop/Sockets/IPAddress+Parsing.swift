import Bytes

extension IPAddress {
    /// Reads an address as text: `192.0.2.1`, or any spelling of RFC 4291 §2.2.
    ///
    /// Refused, because others read them differently: fewer than four octets, octets with leading
    /// zeros (octal to some), zones, brackets, white space.
    public init?(_ text: Span<UInt8>) {
        if text.firstIndex(of: UInt8(ascii: ":")) == nil {
            guard let number = Self.ipv4Number(text) else { return nil }
            self.init(ipv4: number)
            return
        }
        guard let address = Self.parseIPv6(text) else { return nil }
        self = address
    }

    /// The number that four decimal octets spell.
    private static func ipv4Number(_ text: Span<UInt8>) -> UInt32? {
        guard text.count >= 7, text.count <= 15 else { return nil }
        var number: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in 0..<text.count {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                guard digits > 0, dots < 3 else { return nil }
                number = number << 8 | octet
                octet = 0
                digits = 0
                dots += 1
            } else {
                guard ASCII.isDigit(byte), digits == 0 || octet != 0 else { return nil }
                octet = octet * 10 + UInt32(byte - 0x30)
                digits += 1
                guard octet <= 255 else { return nil }
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        return number << 8 | octet
    }

    private static func parseIPv6(_ text: Span<UInt8>) -> IPAddress? {
        guard text.count >= 2, text.count <= 45 else { return nil }
        var groups = IPv6Groups()
        var index = 0
        if text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return nil }
            groups.markGap()
            index = 2
        }
        while index < text.count {
            let end = text.firstIndex(of: UInt8(ascii: ":"), from: index) ?? text.count
            if end == text.count, text.firstIndex(of: UInt8(ascii: "."), from: index) != nil {
                guard let number = ipv4Number(text.extracting(index..<end)),
                    groups.append(UInt16(number >> 16)),
                    groups.append(UInt16(truncatingIfNeeded: number))
                else { return nil }
                break
            }
            guard let group = hexGroup(text.extracting(index..<end)), groups.append(group) else {
                return nil
            }
            guard end < text.count else { break }
            index = end + 1
            // A colon at the very end is half a gap.
            guard index < text.count else { return nil }
            if text[index] == UInt8(ascii: ":") {
                guard groups.markGap() else { return nil }
                index += 1
            }
        }
        return groups.address()
    }

    private static func hexGroup(_ text: Span<UInt8>) -> UInt16? {
        guard text.count >= 1, text.count <= 4 else { return nil }
        var group: UInt16 = 0
        for index in 0..<text.count {
            guard let value = ASCII.hexValue(text[index]) else { return nil }
            group = group << 4 | UInt16(value)
        }
        return group
    }
}

/// The groups of an IPv6 address on the way from text: those before the gap, those after it.
private struct IPv6Groups {
    private var groups = InlineArray<8, UInt16>(repeating: 0)
    private var count = 0
    private var gap: Int?

    /// Adds a group, unless there are eight.
    mutating func append(_ group: UInt16) -> Bool {
        guard count < 8 else { return false }
        groups[count] = group
        count += 1
        return true
    }

    /// Notes a `::` here, unless there was one.
    @discardableResult
    mutating func markGap() -> Bool {
        guard gap == nil else { return false }
        gap = count
        return true
    }

    /// The address, where the groups are eight or the gap stands for at least one.
    func address() -> IPAddress? {
        let missing = 8 - count
        guard gap == nil ? missing == 0 : missing > 0 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for place in 0..<8 {
            let group: UInt16
            if let gap, place >= gap {
                group = place < gap + missing ? 0 : groups[place - missing]
            } else {
                group = groups[place]
            }
            if place < 4 {
                high = high << 16 | UInt64(group)
            } else {
                low = low << 16 | UInt64(group)
            }
        }
        return IPAddress(high: high, low: low)
    }
}
