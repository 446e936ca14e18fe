import Bytes
public import Configuration

/// Which route takes a request: host-bound before host-less, exact before prefix, then the longest
/// prefix on segment boundaries.
public struct RouteTable: Sendable {
    private struct HostGroup: Sendable {
        /// The name, or the suffix from its dot on (`.hooks.test`); empty for the host-less group.
        var host: [UInt8]
        var isWildcard: Bool
        var paths: PathGroup
    }

    private struct PathGroup: Sendable {
        var exact: PathMap
        var exactFolded: PathMap
        var prefix: PathMap
        var prefixFolded: PathMap
    }

    private let hostGroups: [HostGroup]
    private let hostless: PathGroup

    /// Builds the table of the routes of a conf; a route is its index in `routes`.
    public init(_ routes: [RouteSettings]) {
        var groups: [HostGroup] = []
        for host in Set(routes.flatMap(\.hosts)) {
            let isWildcard = host.hasPrefix("*.")
            let bound = routes.enumerated().filter { $0.element.hosts.contains(host) }
            groups.append(
                HostGroup(
                    host: Array((isWildcard ? host.dropFirst() : host[...]).utf8),
                    isWildcard: isWildcard,
                    paths: Self.makeGroup(bound.map { ($0.offset, $0.element) })
                )
            )
        }
        // A name before a pattern, a longer pattern before a shorter one.
        groups.sort {
            ($0.isWildcard ? 1 : 0, -$0.host.count) < ($1.isWildcard ? 1 : 0, -$1.host.count)
        }
        hostGroups = groups
        hostless = Self.makeGroup(
            routes.enumerated().filter(\.element.hosts.isEmpty).map { ($0.offset, $0.element) }
        )
    }

    /// The route of a request, or `nil` where none takes it.
    ///
    /// - Parameters:
    ///   - host: The request's host without port and trailing dot, in lower case.
    ///   - path: The canonical path without `;` parameters.
    /// - Returns: The route's index.
    public func route(host: Span<UInt8>, path: Span<UInt8>) -> Int? {
        for group in hostGroups where Self.matches(group, host) {
            if let found = Self.find(path, in: group.paths) {
                return found
            }
        }
        return Self.find(path, in: hostless)
    }

    private static func matches(_ group: HostGroup, _ host: Span<UInt8>) -> Bool {
        guard group.isWildcard else { return host.isEqual(to: group.host.span) }
        let length = group.host.count
        guard host.count > length else { return false }
        return host.extracting((host.count - length)...).isEqual(to: group.host.span)
    }

    private static func find(_ path: Span<UInt8>, in group: PathGroup) -> Int? {
        if let found = group.exact.exact(path) ?? group.exactFolded.exact(path) {
            return found
        }
        let plain = group.prefix.longestPrefix(of: path)
        guard let folded = group.prefixFolded.longestPrefix(of: path) else { return plain?.route }
        guard let plain, plain.length >= folded.length else { return folded.route }
        return plain.route
    }

    private static func makeGroup(_ routes: [(index: Int, route: RouteSettings)]) -> PathGroup {
        func map(_ isExact: Bool, _ folds: Bool) -> PathMap {
            var map = PathMap(count: routes.count, folds: folds)
            for (index, route) in routes
            where route.isExact == isExact && route.ignoresPathCase == folds {
                map.insert(Array(route.path.utf8), route: index)
            }
            return map
        }
        return PathGroup(
            exact: map(true, false),
            exactFolded: map(true, true),
            prefix: map(false, false),
            prefixFolded: map(false, true)
        )
    }
}
