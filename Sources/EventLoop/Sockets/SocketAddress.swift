import Bytes
import CLinux

/// An address with a port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address.
    public var address: IPAddress
    /// The port; 0 where the system is to choose one.
    public var port: UInt16

    /// Puts an address and a port together.
    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads `127.0.0.1:80` or `[::1]:80`; the port is plain decimal without leading zeros.
    public init?(_ text: String) {
        let bytes = [UInt8](text.utf8)
        self.init(bytes.span)
    }

    /// Reads `127.0.0.1:80` or `[::1]:80`; the port is plain decimal without leading zeros.
    public init?(_ text: Span<UInt8>) {
        let end: Int
        let host: IPAddress?
        if text.count > 0, text[0] == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")), close + 1 < text.count,
                text[close + 1] == UInt8(ascii: ":")
            else { return nil }
            let inner = text.extracting(1..<close)
            guard inner.firstIndex(of: UInt8(ascii: ":")) != nil else { return nil }
            host = IPAddress(inner)
            end = close + 1
        } else {
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            host = IPAddress(text.extracting(0..<colon))
            end = colon
        }
        let digits = text.extracting(end + 1..<text.count)
        guard let host, digits.count <= 5, let number = digits.decimalValue(),
            digits.count == 1 || digits[0] != UInt8(ascii: "0"), let port = UInt16(exactly: number)
        else { return nil }
        address = host
        self.port = port
    }

    /// Takes over what the system wrote.
    init(_ system: gatehouse_address) {
        address = IPAddress(high: system.high, low: system.low)
        port = system.port
    }

    /// Whether the address is a loopback one.
    public var isLoopback: Bool { address.isLoopback }

    /// `127.0.0.1:80` or `[::1]:80`.
    public var description: String {
        var text: [UInt8] = []
        appendText(to: &text)
        return text.span.text()
    }

    /// Appends what ``description`` says.
    public func appendText(to text: inout [UInt8]) {
        if address.isIPv4 {
            address.appendText(to: &text)
        } else {
            text.append(UInt8(ascii: "["))
            address.appendText(to: &text)
            text.append(UInt8(ascii: "]"))
        }
        text.append(UInt8(ascii: ":"))
        IPAddress.appendDecimal(port, to: &text)
    }

    /// The same for the system.
    var system: gatehouse_address {
        gatehouse_address(high: address.high, low: address.low, port: port)
    }
}
