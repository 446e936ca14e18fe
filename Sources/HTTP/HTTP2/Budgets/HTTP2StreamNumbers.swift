/// The numbers of the streams that a client has begun, as far as they tell one that has ended from one
/// that never was (RFC 9113 §5.1.1).
internal struct HTTP2StreamNumbers {
    private var last: UInt32 = 0
    private var skipped = InlineArray<4, Range>(repeating: Range(first: 1, last: 0))
    private var next = 0

    /// Numbers that were passed over, and may not be used any more.
    private struct Range {
        var first: UInt32
        var last: UInt32
    }

    /// What a head on a stream means.
    internal enum Meaning {
        /// A new stream.
        case new
        /// A number below one that was used, and never used itself.
        case skipped
        /// Trailers, or a stream that has ended; or no number of a client's, which libnghttp2 refuses.
        case used
    }

    /// What a head on that stream would mean.
    ///
    /// Of clients that pass numbers over again and again only the last four gaps are known; numbers
    /// in the others count as used, and libnghttp2 ignores them.
    internal func meaning(of stream: UInt32) -> Meaning {
        guard stream & 1 != 0 else { return .used }
        guard stream <= last else { return .new }
        for index in skipped.indices
        where stream >= skipped[index].first && stream <= skipped[index].last {
            return .skipped
        }
        return .used
    }

    /// Notes that a new stream has begun.
    internal mutating func begin(_ stream: UInt32) {
        let first = last == 0 ? 1 : last + 2
        if stream > first {
            skipped[next] = Range(first: first, last: stream - 2)
            next = (next + 1) % skipped.count
        }
        last = stream
    }
}
