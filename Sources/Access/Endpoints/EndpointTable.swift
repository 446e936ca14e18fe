import Bytes
public import Configuration

/// Which paths of which hosts the authorization server serves.
///
/// Asked on every request, so the host is compared first; then whole paths by one look-up, then the
/// few with a parameter. A class, because an exchange then holds on to it by one count.
public final class EndpointTable: Sendable {
    /// One path that is ours.
    public struct Match: Sendable, Equatable {
        /// Which one.
        public var endpoint: Endpoint
        /// Where in the path the segment stands that is its parameter; empty where it has none.
        public var parameter: Range<Int>
    }

    private struct Pattern: Sendable {
        /// What stands before the parameter, with its slash.
        var prefix: [UInt8]
        /// What stands behind it, from its slash on, or nothing.
        var suffix: [UInt8]
        var endpoint: Endpoint
    }

    private let hosts: [[UInt8]]
    private let exact: PathMap
    private let patterns: [Pattern]

    /// Builds the table of what a conf serves.
    public init(_ settings: AuthorizationServerSettings) {
        hosts = settings.hosts.map { Array($0.utf8) }
        var exact = PathMap(count: Endpoint.allCases.count * 2, folds: false)
        var patterns: [Pattern] = []
        for (index, endpoint) in Endpoint.allCases.enumerated() where settings.serves(endpoint) {
            for path in endpoint.paths(dressipiPrefix: settings.dressipiPrefix) {
                let parts = path.split(separator: "*", omittingEmptySubsequences: false)
                if parts.count == 2 {
                    patterns.append(
                        Pattern(
                            prefix: Array(parts[0].utf8),
                            suffix: Array(parts[1].utf8),
                            endpoint: endpoint
                        )
                    )
                } else {
                    exact.insert(Array(path.utf8), route: index)
                }
            }
        }
        self.exact = exact
        self.patterns = patterns
    }

    /// The endpoint of a request, or `nil` where it is not ours.
    ///
    /// - Parameters:
    ///   - host: The request's host without port and trailing dot, in lower case.
    ///   - path: The canonical path without `;` parameters.
    /// - Returns: Which of our paths it is, with its parameter.
    public func find(host: Span<UInt8>, path: Span<UInt8>) -> Match? {
        guard isOurs(host) else { return nil }
        if let index = exact.exact(path) {
            return Match(endpoint: Endpoint.allCases[index], parameter: 0..<0)
        }
        for pattern in patterns {
            if let parameter = Self.parameter(of: path, pattern) {
                return Match(endpoint: pattern.endpoint, parameter: parameter)
            }
        }
        return nil
    }

    private func isOurs(_ host: Span<UInt8>) -> Bool {
        for own in hosts where host.isEqual(to: own.span) {
            return true
        }
        return false
    }

    /// Where the one segment lies that stands between a pattern's two ends.
    private static func parameter(of path: Span<UInt8>, _ pattern: Pattern) -> Range<Int>? {
        let start = pattern.prefix.count
        let end = path.count - pattern.suffix.count
        guard end > start, path.extracting(0..<start).isEqual(to: pattern.prefix.span),
            path.extracting(end...).isEqual(to: pattern.suffix.span),
            path.extracting(start..<end).firstIndex(of: UInt8(ascii: "/")) == nil
        else { return nil }
        return start..<end
    }
}
