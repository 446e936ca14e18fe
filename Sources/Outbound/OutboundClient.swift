import Glibc

/// Asks servers outside, over libcurl, on one thread of its own.
///
/// `https` with the certificate verified, or plain `http` to loopback; redirects are answers, not
/// followed; every response is bounded in time and in bytes while it streams in. Requests that find
/// no place wait in a bounded queue, their time running.
///
/// Invariants: every ``send(_:)`` is answered exactly once; a cancelled task ends its transfer; after
/// ``shutDown()`` no transfer runs.
public final class OutboundClient: Sendable {
    private let inbox: TransferInbox
    private let multi: CurlMulti

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - limits: What bounds it.
    ///   - userAgent: `gatehouse/VERSION`.
    /// - Throws: ``OutboundFault/internalFailure(detail:)`` where the system has no thread or memory
    ///   left; the gateway cannot start then.
    public init(limits: OutboundLimits, userAgent: String) throws(OutboundFault) {
        precondition(limits.concurrencyMax > 0 && limits.queueMax >= 0)
        let multi = try CurlMulti(idleConnectionMax: limits.idleConnectionMax)
        let inbox = TransferInbox(liveMax: limits.concurrencyMax + limits.queueMax)
        try Thread.start(name: "outbound") {
            TransferLoop(multi: multi, inbox: inbox, limits: limits, userAgent: userAgent).run()
            inbox.threadEnded()
        }
        self.inbox = inbox
        self.multi = multi
    }

    deinit {
        inbox.close()
        multi.wakeUp()
    }

    /// Sends a request and waits for its whole response.
    ///
    /// - Throws: ``OutboundFault``; ``OutboundFault/isRetriable`` says whether another try makes sense.
    public func send(_ request: OutboundRequest) async throws(OutboundFault) -> OutboundResponse {
        try await result(of: request).get()
    }

    /// Sends a request; its response, or why there is none.
    public func result(of request: OutboundRequest) async -> Result<OutboundResponse, OutboundFault>
    {
        let number = inbox.makeNumber()
        let deadline = ContinuousClock.now.advanced(by: request.timeout)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let submission = TransferInbox.Submission(
                    number: number,
                    request: request,
                    deadline: deadline,
                    continuation: continuation
                )
                if let fault = inbox.submit(submission) {
                    continuation.resume(returning: .failure(fault))
                    return
                }
                // A task that was cancelled before has had its handler run in vain.
                if Task.isCancelled {
                    _ = inbox.giveUp(number)
                }
                multi.wakeUp()
            }
        } onCancel: {
            if inbox.giveUp(number) {
                multi.wakeUp()
            }
        }
    }

    /// Ends every transfer, answers everything that waits with ``OutboundFault/clientClosed``, and
    /// returns once the thread has nothing left to do.
    ///
    /// May be called more than once.
    public func shutDown() async {
        inbox.close()
        multi.wakeUp()
        await inbox.waitForEnd()
    }
}
