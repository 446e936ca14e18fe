import Bytes
import Configuration
public import HTTP

/// Where a request belongs, by its host and path alone.
public enum Destination: Sendable, Equatable {
    /// A path of the authorization server.
    case endpoint(EndpointTable.Match)
    /// A route, by its index.
    case route(Int)
}

/// What host and path have come to: where the request belongs, and why it may not go there.
///
/// Both can be there: the log names the route that an ambiguous path was meant for.
public struct DestinationSearch: Sendable {
    /// Where it belongs, or `nil` where that could not be said.
    public var destination: Destination?
    /// Why it is refused, or `nil`.
    public var refusal: Refusal?
}

extension AccessSnapshot {
    /// Makes the one path of a request, and says where the request belongs: what the gateway does and
    /// what `explain` tells.
    ///
    /// Endpoints of the authorization server come before routes.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - rawPath: The path as it stands in the target, without the query.
    ///   - host: The host without port and trailing dot, in lower case.
    ///   - path: Takes the canonical path.
    /// - Returns: Where it belongs, and why it is refused, where it is.
    public func findDestination(
        method: Method,
        rawPath: Span<UInt8>,
        host: Span<UInt8>,
        path: inout CanonicalPath
    ) -> DestinationSearch {
        if method == .connect { return refused(Refusal(.methodNotImplemented)) }
        if method == .trace { return refused(Refusal(.methodNotAllowed, detail: "method.trace")) }
        if rawPath.isEqual(to: "*") { return refused(Refusal(.routeNotFound)) }
        do throws(PathFault) {
            try path.assign(rawPath, options: PathOptions(mergesSlashes: true))
        } catch {
            return refused(Refusal(.requestMalformed, detail: "\(error.detail)"))
        }
        if let match = endpoints?.find(host: host, path: path.matched) {
            return checked(.endpoint(match), path, mergesSlashes: false, allowsEncodedSlash: false)
        }
        guard let index = table.route(host: host, path: path.matched) else {
            let isAmbiguous = path.hasEmptySegments || path.hasEncodedSlash
            return refused(isAmbiguous ? Self.ambiguous : Refusal(.routeNotFound))
        }
        let route = routes[index]
        return checked(
            .route(index),
            path,
            mergesSlashes: route.settings.mergesSlashes,
            allowsEncodedSlash: route.settings.allowsEncodedSlash
        )
    }

    /// What only some back ends read as two paths is let through where the route says so.
    private func checked(
        _ destination: Destination,
        _ path: borrowing CanonicalPath,
        mergesSlashes: Bool,
        allowsEncodedSlash: Bool
    ) -> DestinationSearch {
        let isAmbiguous =
            path.hasEmptySegments && !mergesSlashes || path.hasEncodedSlash && !allowsEncodedSlash
        return DestinationSearch(
            destination: destination,
            refusal: isAmbiguous ? Self.ambiguous : nil
        )
    }

    private static let ambiguous = Refusal(.requestMalformed, detail: "path.ambiguous")

    private func refused(_ refusal: Refusal) -> DestinationSearch {
        DestinationSearch(destination: nil, refusal: refusal)
    }
}
