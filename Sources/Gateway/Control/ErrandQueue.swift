import Proxy

/// The bounded queue between workers and the control plane.
struct ErrandQueue: ErrandDesk {
    private let continuation: AsyncStream<Errand>.Continuation
    /// The questions, in the order in which they came.
    let errands: AsyncStream<Errand>

    /// More than this many questions at once are not worth queueing: the oldest would be given up
    /// before its turn came.
    private static let limit = 16_384

    init() {
        (errands, continuation) = AsyncStream.makeStream(
            of: Errand.self,
            bufferingPolicy: .bufferingOldest(Self.limit)
        )
    }

    func post(_ errand: Errand) -> Bool {
        if case .enqueued = continuation.yield(errand) { true } else { false }
    }
}
