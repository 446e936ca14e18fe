import Access
import Bytes
import Configuration
import HTTP

/// Turns a place of the upstream's own into the same place as the client sees it.
enum LocationRewriter {
    /// The rewritten value, or `nil` where it stays as it is: another host's place, or a relative
    /// one of a route that strips nothing.
    static func rewritten(_ value: Span<UInt8>, _ exchange: Exchange) -> [UInt8]? {
        guard let route = exchange.route, let target = exchange.target else { return nil }
        let prefix = route.settings.strippedPrefix ?? ""
        if value.count > 0, value[0] == UInt8(ascii: "/") {
            // `//host` names another host, not a path.
            guard !prefix.isEmpty, value.count < 2 || value[1] != UInt8(ascii: "/") else {
                return nil
            }
            return Array(prefix.utf8) + value.copied()
        }
        guard let start = authorityStart(value) else { return nil }
        var end = start
        while end < value.count, value[end] != UInt8(ascii: "/"), value[end] != UInt8(ascii: "?"),
            value[end] != UInt8(ascii: "#")
        {
            end += 1
        }
        guard isOwn(value.extracting(start..<end), exchange, target, route.settings) else {
            return nil
        }
        var place = Array("\(exchange.scheme)://".utf8)
        let head = exchange.head
        place.append(head.host)
        place += Array(prefix.utf8)
        if end == value.count || value[end] != UInt8(ascii: "/") {
            place.append(UInt8(ascii: "/"))
        }
        place.append(value.extracting(end...))
        return place
    }

    private static func authorityStart(_ value: Span<UInt8>) -> Int? {
        if value.count > 7, value.extracting(0..<7).isEqualIgnoringCase(to: "http://") { return 7 }
        if value.count > 8, value.extracting(0..<8).isEqualIgnoringCase(to: "https://") {
            return 8
        }
        return nil
    }

    /// Whether an authority is the upstream's: its server's, the name that it was asked by, or the
    /// client's own, which a back end that knows no TLS puts behind `http://`.
    private static func isOwn(
        _ authority: Span<UInt8>,
        _ exchange: Exchange,
        _ target: UpstreamTarget,
        _ route: RouteSettings
    ) -> Bool {
        let full = target.authority
        let host = target.serverHost
        if authority.isEqualIgnoringCase(to: full.span) { return true }
        if authority.isEqualIgnoringCase(to: host.span) { return true }
        if let name = route.upstreamHost {
            return authority.isEqualIgnoringCase(to: name.utf8.span)
        }
        let head = exchange.head
        if authority.isEqualIgnoringCase(to: head.host) { return true }
        // A back end may put its own port behind the name that it was asked by.
        let name = HostName.withoutPort(authority)
        return HostName.port(of: authority) == target.server.port
            && name.isEqualIgnoringCase(to: HostName.withoutPort(head.host))
    }
}
