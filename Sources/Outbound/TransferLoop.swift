import CCurl
import Glibc

/// The transfer thread's work: starts what was submitted, lets libcurl move bytes, answers.
///
/// Born on its thread and never leaves it. One turn: take the inbox, end what was given up, start what
/// fits, let libcurl work, answer what is done, wait.
final class TransferLoop {
    private let multi: CurlMulti
    private let inbox: TransferInbox
    private let limits: OutboundLimits
    private let userAgent: String
    private var waiting: [TransferInbox.Submission] = []
    /// By the address of libcurl's handle, as a number: nothing is read through it.
    private var running: [UInt: Running] = [:]

    /// Prepares a loop.
    init(multi: CurlMulti, inbox: TransferInbox, limits: OutboundLimits, userAgent: String) {
        self.multi = multi
        self.inbox = inbox
        self.limits = limits
        self.userAgent = userAgent
    }

    /// Works until the inbox is closed; everything unanswered is then answered
    /// ``OutboundFault/clientClosed``.
    func run() {
        while true {
            let (arrived, givenUp, isClosed) = inbox.takeAll()
            waiting += arrived
            for number in givenUp {
                end(number, with: .cancelled)
            }
            if isClosed {
                endAll()
                return
            }
            startWhatFits()
            var count: Int32 = 0
            let code = unsafe curl_multi_perform(multi.handle, &count)
            if code != CURLM_OK {
                failAll(code)
            }
            answerWhatIsDone()
            if waiting.isEmpty || running.count == limits.concurrencyMax {
                _ = unsafe curl_multi_poll(multi.handle, nil, 0, pollMilliseconds, nil)
            }
        }
    }

    /// Starts waiting requests, oldest first, while there are places; answers those that waited away
    /// their time.
    private func startWhatFits() {
        let now = ContinuousClock.now
        for submission in waiting where submission.deadline <= now {
            answer(submission, .failure(.peerTooSlow(detail: "no place became free in time")))
        }
        waiting.removeAll { $0.deadline <= now }
        while running.count < limits.concurrencyMax, !waiting.isEmpty {
            start(waiting.removeFirst(), now: now)
        }
    }

    private func start(_ submission: TransferInbox.Submission, now: ContinuousClock.Instant) {
        do throws(OutboundFault) {
            let transfer = try Transfer(
                submission.request,
                timeout: now.duration(to: submission.deadline),
                limits: limits,
                userAgent: userAgent
            )
            let code = unsafe curl_multi_add_handle(multi.handle, transfer.handle)
            guard code == CURLM_OK else {
                throw .internalFailure(detail: "libcurl did not take a transfer: \(code.rawValue)")
            }
            running[transfer.number] = Running(submission: submission, transfer: transfer)
        } catch {
            answer(submission, .failure(error))
        }
    }

    private func answerWhatIsDone() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi.handle, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE,
                let handle = unsafe message.pointee.easy_handle,
                let done = running[UInt(bitPattern: handle)]
            else { continue }
            // SAFETY: the message dies with the removal of its handle: its code is read before.
            let outcome = unsafe done.transfer.outcome(message.pointee.data.result)
            remove(done)
            answer(done.submission, outcome)
        }
    }

    /// Ends one request wherever it is.
    ///
    /// Unknown numbers were answered already: a normal case.
    private func end(_ number: UInt64, with fault: OutboundFault) {
        if let index = waiting.firstIndex(where: { $0.number == number }) {
            answer(waiting.remove(at: index), .failure(fault))
        } else if let entry = running.values.first(where: { $0.submission.number == number }) {
            remove(entry)
            answer(entry.submission, .failure(fault))
        }
    }

    private func endAll() {
        for submission in waiting {
            answer(submission, .failure(.clientClosed))
        }
        waiting = []
        for entry in running.values {
            remove(entry)
            answer(entry.submission, .failure(.clientClosed))
        }
    }

    /// libcurl's multi handle itself failed: no transfer of it can be trusted to end.
    private func failAll(_ code: CURLMcode) {
        for entry in running.values {
            remove(entry)
            let detail = "libcurl failed: \(code.rawValue)"
            answer(entry.submission, .failure(.internalFailure(detail: detail)))
        }
    }

    /// Takes a transfer out of libcurl's hands, before the last reference to it goes.
    private func remove(_ entry: Running) {
        _ = unsafe curl_multi_remove_handle(multi.handle, entry.transfer.handle)
        running[entry.transfer.number] = nil
    }

    private func answer(
        _ submission: TransferInbox.Submission,
        _ result: Result<OutboundResponse, OutboundFault>
    ) {
        inbox.answered(submission.number)
        submission.continuation.resume(returning: result)
    }

    /// As long as nothing can be due: libcurl shortens the wait for its own timers.
    private var pollMilliseconds: Int32 {
        guard let deadline = waiting.map(\.deadline).min() else { return 60_000 }
        let left = ContinuousClock.now.duration(to: deadline).wholeMilliseconds + 1
        return Int32(min(60_000, left))
    }

    /// A request under way.
    private struct Running {
        let submission: TransferInbox.Submission
        let transfer: Transfer
    }
}
