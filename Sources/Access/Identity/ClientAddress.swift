import Bytes
public import EventLoop
public import HTTP

/// Who the client is, behind the proxies that the conf trusts.
public enum ClientAddress {
    /// The rightmost address of `X-Forwarded-For` that is not itself trusted; read only where the
    /// peer is trusted, and only as far as it can be read.
    public static func find(
        peer: IPAddress,
        fields: FieldBlock,
        trusted: [IPNetwork]
    ) -> IPAddress {
        guard isTrusted(peer, trusted) else { return peer }
        var client = peer
        var lines: [Int] = []
        var field = fields.first(.xForwardedFor)
        while let index = field {
            lines.append(index)
            field = fields.next(.xForwardedFor, after: index)
        }
        for index in lines.reversed() {
            let value = fields.value(at: index)
            var end = value.count
            while end > 0 {
                var start = end
                while start > 0, value[start - 1] != UInt8(ascii: ",") {
                    start -= 1
                }
                let entry = value.extracting(start..<end).trimmingBlanks()
                guard let address = parse(entry) else { return client }
                client = address
                if !isTrusted(address, trusted) { return client }
                end = start - 1
            }
        }
        return client
    }

    /// Whether an address is one of the trusted proxies.
    public static func isTrusted(_ address: IPAddress, _ trusted: [IPNetwork]) -> Bool {
        for network in trusted where network.contains(address) {
            return true
        }
        return false
    }

    /// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`,
    /// `[2001:db8::1]:80`.
    private static func parse(_ entry: Span<UInt8>) -> IPAddress? {
        if let address = IPAddress(entry) { return address }
        guard entry.count > 2 else { return nil }
        if entry[0] == UInt8(ascii: "[") {
            guard let close = entry.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            return IPAddress(entry.extracting(1..<close))
        }
        guard let colon = entry.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return IPAddress(entry.extracting(0..<colon))
    }
}
