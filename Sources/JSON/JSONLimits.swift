/// How large a JSON text may be before it is not read at all.
public struct JSONLimits: Sendable, Hashable {
    /// The most bytes.
    public var size: Int
    /// The most arrays and objects inside one another; a top-level array or object counts as one.
    ///
    /// Values above ``depthCeiling`` mean that ceiling.
    public var depth: Int

    /// Names both limits; there is no default, so that each reader says what it expects.
    public init(size: Int, depth: Int) {
        self.size = size
        self.depth = depth
    }

    /// The deepest nesting that any caller can ask for: chosen so that the recursion here and in
    /// jansson (which itself stops at 2 048) stays within a few dozen KiB of stack.
    public static let depthCeiling = 256
}
