import Bytes
public import HTTP

/// Whether a token in a cookie may be honoured: only where the request cannot have been made by
/// another site in the user's name.
public enum CrossSiteCheck {
    /// `GET`, `HEAD` and `OPTIONS` always, for they must not change anything; other methods and every
    /// upgrade only where the browser says that the request is of this very origin.
    ///
    /// - Parameters:
    ///   - head: The request.
    ///   - scheme: The scheme that the peer used, `http` or `https`.
    ///   - host: The request's own authority, as sent.
    /// - Returns: Whether the cookie may speak.
    public static func allows(
        _ head: RequestHead,
        scheme: StaticString,
        host: Span<UInt8>
    ) -> Bool {
        if !head.upgrade {
            switch head.method {
            case .get, .head, .options: return true
            case .connect, .delete, .other, .patch, .post, .put, .trace: break
            }
        }
        return isSameOrigin(head.fields, scheme: scheme, host: host)
    }

    private static func isSameOrigin(
        _ fields: FieldBlock,
        scheme: StaticString,
        host: Span<UInt8>
    ) -> Bool {
        if let field = fields.first(.secFetchSite) {
            guard fields.next(.secFetchSite, after: field) == nil else { return false }
            let value = fields.value(at: field)
            if value.isEqual(to: "same-origin") || value.isEqual(to: "none") { return true }
        }
        guard let field = fields.first(.origin), fields.next(.origin, after: field) == nil,
            host.count > 0
        else { return false }
        let origin = fields.value(at: field)
        let schemeLength = scheme.utf8CodeUnitCount
        guard origin.count == schemeLength + 3 + host.count, origin.hasPrefix(scheme),
            origin.extracting(schemeLength..<(schemeLength + 3)).isEqual(to: "://")
        else { return false }
        return origin.extracting((schemeLength + 3)...).isEqualIgnoringCase(to: host)
    }
}
