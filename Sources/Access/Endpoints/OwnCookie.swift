import Bytes

/// The cookies that the authorization server sets for itself: they sign people in, so no upstream is
/// shown them.
public enum OwnCookie {
    /// Remembers who signed in at our own pages.
    public static let session = "gatehouse_session"
    /// Binds a sign-in under way to the browser that began it; its state follows.
    public static let flowPrefix = "stack-oauth-inner-"
    /// Stands before both where the server is reached by `https`.
    public static let hostPrefix = "__Host-"

    /// Whether a cookie of that name is one of them.
    public static func isOurs(_ name: Span<UInt8>) -> Bool {
        let hasPrefix = name.hasPrefix("__Host-")
        let bare = hasPrefix ? name.extracting(7..<name.count) : name
        return bare.isEqual(to: "gatehouse_session") || bare.hasPrefix("stack-oauth-inner-")
    }
}
