import Cryptography
import EventLoop
import Synchronization

/// Hashes and checks passwords on a few threads of its own.
///
/// A hash costs a quarter of a second of one processor and 64 MiB. On the threads that tasks share it
/// would hold up every other answer, and without a bound a crowd at the sign-in page would take all
/// memory. So two hash, a bounded number waits, and whoever comes then is told to come again.
///
/// A thread lives as long as there is work, so that an idle gateway has none of them.
final class PasswordHasher: Sendable {
    private let parameters: PasswordHash.Parameters
    private let threadCountMax: Int
    private let waitingCountMax: Int
    private let queue = Mutex(WorkQueue())
    /// What an unknown account's password is held against: it costs the same and never matches.
    private let decoy: String

    /// A hasher without threads yet.
    init(
        parameters: PasswordHash.Parameters = .standard,
        threadCountMax: Int = PasswordHasher.threadCountMax,
        waitingCountMax: Int = PasswordHasher.waitingCountMax
    ) {
        self.parameters = parameters
        self.threadCountMax = threadCountMax
        self.waitingCountMax = waitingCountMax
        decoy = PasswordHash.decoy(parameters: parameters)
    }

    /// The text to store for a password.
    func make(_ password: [UInt8]) async throws(PasswordHasherFault) -> String {
        let parameters = parameters
        return try await run { () throws(CryptographyFault) in
            try PasswordHash.make(password.span, parameters: parameters)
        }
    }

    /// Whether the password is the stored one.
    ///
    /// Without a stored text (the account does not exist, or has no password) it takes as long, so
    /// that nobody learns which accounts there are.
    func verify(
        _ password: [UInt8],
        against text: String?
    ) async throws(PasswordHasherFault) -> PasswordHash.Verification {
        let (parameters, decoy) = (parameters, decoy)
        return try await run { () throws(CryptographyFault) in
            let found = try PasswordHash.verify(
                password.span,
                against: text ?? decoy,
                parameters: parameters
            )
            guard text != nil else {
                return PasswordHash.Verification(matches: false, needsRehash: false)
            }
            return found
        }
    }

    /// Waits for `work` to be done on one of the threads.
    ///
    /// A task that is cancelled meanwhile gets its answer all the same; the work is not undone.
    private func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(CryptographyFault) -> Value
    ) async throws(PasswordHasherFault) -> Value {
        let result: Result<Value, PasswordHasherFault> = await withCheckedContinuation { waiter in
            submit(
                Job(
                    run: {
                        do throws(CryptographyFault) {
                            waiter.resume(returning: .success(try work()))
                        } catch {
                            waiter.resume(returning: .failure(.unavailable))
                        }
                    },
                    refuse: { waiter.resume(returning: .failure(.overloaded)) }
                )
            )
        }
        return try result.get()
    }

    private func submit(_ job: Job) {
        switch queue.withLock({ $0.admit(job, threadCountMax, waitingCountMax) }) {
        case .queued:
            break
        case .refused:
            job.refuse()
        case .startThread:
            do throws(SystemFault) {
                _ = try startThread(name: "password") { self.work() }
            } catch {
                for stranded in queue.withLock({ $0.threadFailed() }) {
                    stranded.refuse()
                }
            }
        }
    }

    /// What a thread does, until there is nothing left.
    private func work() {
        while let job = queue.withLock({ $0.takeNext() }) {
            job.run()
        }
    }

    /// Two: a sign-in waits a quarter of a second for each before it, and a small machine's
    /// processors stay free for the data plane.
    static let threadCountMax = 2
    /// Sixty-four: the last of them waits some eight seconds, about as long as a person does.
    static let waitingCountMax = 64
}

/// Why a password was neither hashed nor checked.
enum PasswordHasherFault: Error {
    /// Too many wait already, or the system has no thread to give: come again.
    case overloaded
    /// There was no memory for it.
    case unavailable
}

/// One password's work.
private struct Job: Sendable {
    let run: @Sendable () -> Void
    let refuse: @Sendable () -> Void
}

/// The jobs that wait, and how many threads there are for them.
private struct WorkQueue: Sendable {
    private var waiting: [Job] = []
    private var threadCount = 0

    /// What becomes of a job.
    enum Admission {
        case queued
        case refused
        case startThread
    }

    mutating func admit(_ job: Job, _ threadCountMax: Int, _ waitingCountMax: Int) -> Admission {
        guard threadCount >= threadCountMax else {
            threadCount += 1
            waiting.append(job)
            return .startThread
        }
        guard waiting.count < waitingCountMax else { return .refused }
        waiting.append(job)
        return .queued
    }

    /// The next job, or `nil`, after which the thread that asked ends.
    mutating func takeNext() -> Job? {
        guard !waiting.isEmpty else {
            threadCount -= 1
            return nil
        }
        return waiting.removeFirst()
    }

    /// A thread did not come to be: the jobs that nobody will do.
    mutating func threadFailed() -> [Job] {
        threadCount -= 1
        guard threadCount == 0 else { return [] }
        defer { waiting = [] }
        return waiting
    }
}
