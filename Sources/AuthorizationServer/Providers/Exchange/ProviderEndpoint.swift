import Bytes
import EventLoop
import HTTP

/// An address of a provider: `https`, or plain `http` to this machine where that is allowed.
struct ProviderEndpoint: Sendable, Hashable {
    /// The address as it was written, without a fragment.
    let url: String
    /// Whether it is plain `http`, which was allowed and leads to loopback.
    let isPlain: Bool

    /// Reads an address; `nil` for one that must not be used.
    ///
    /// User information, a fragment, and bytes that no URL holds are refused: two readers could take
    /// such an address for different hosts.
    ///
    /// - Parameters:
    ///   - text: The address.
    ///   - allowsPlain: Whether plain `http` to loopback is good: the operator wrote it so, or it was
    ///     named by a document that itself came from loopback in plain.
    init?(_ text: String, allowsPlain: Bool) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.refused.contains($0) }),
            let separator = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        let scheme = text[..<separator].lowercased()
        let rest = text[separator...]
        guard scheme == "https" || scheme == "http", rest.hasPrefix("://") else { return nil }
        let authority = rest.dropFirst(3).prefix { $0 != "/" && $0 != "?" }
        guard HostName.isValid([UInt8](authority.utf8).span) else { return nil }
        isPlain = scheme == "http"
        guard !isPlain || allowsPlain && Self.isLoopback(authority) else { return nil }
        url = text
    }

    /// The address with a query added to whatever query it has.
    func appending(query: String) -> String {
        if url.hasSuffix("?") || url.hasSuffix("&") {
            return url + query
        }
        return url + (url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + query
    }

    /// Scheme, host and port as written: enough to tell two places apart.
    var origin: String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        let authority = parts.count > 2 ? parts[2].prefix { $0 != "?" } : ""
        return (parts.first.map(String.init) ?? "").lowercased() + "//" + authority.lowercased()
    }

    /// Whether an authority names this machine whatever a name server says: as ``Outbound`` has it.
    private static func isLoopback(_ authority: Substring) -> Bool {
        let bytes = [UInt8](authority.utf8)
        let host = HostName.withoutPort(bytes.span).copied()
        if String(decoding: host, as: UTF8.self).lowercased() == "localhost" {
            return true
        }
        let bare = host.first == UInt8(ascii: "[") ? Array(host.dropFirst().dropLast()) : host
        return IPAddress(bare.span)?.isLoopback ?? false
    }

    private static let refused = [UInt8]("\"#<>\\^`{|}".utf8)
}
