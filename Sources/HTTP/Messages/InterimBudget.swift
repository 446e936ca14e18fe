/// What a server may say before its final response, by either wire (RFC 9110 §15.2).
///
/// Interim responses are sent on as they come, whatever room the peer has: that they are few, and
/// together no larger than one head, is what bounds what waits for it.
struct InterimBudget {
    private var count = 0
    private var size = 0

    /// The most interim responses to one request: a `100`, and early hints a few times over.
    static let countMax = 16

    /// Takes note of one more.
    ///
    /// - Throws: ``ParseFault/informationalFlood`` where it is one too many, or they are too large
    ///   together.
    mutating func spend(_ bytes: Int, of limits: HeadLimits) throws(ParseFault) {
        count += 1
        size += bytes
        guard count <= Self.countMax, size <= limits.size else { throw .informationalFlood }
    }
}
