import Glibc

/// Runs a system call again for as long as signals interrupt it: the one place that knows `EINTR`.
///
/// Not for `close`, whose descriptor is gone whatever it answers, nor for waits with a time-out,
/// which must count the time already spent.
///
/// - Parameter call: Answers -1 and sets `errno` where it fails.
/// - Returns: What the call answered when it was not interrupted.
@inline(__always)
func retryingInterrupted<Answer: SignedInteger>(_ call: () -> Answer) -> Answer {
    while true {
        let answer = call()
        if answer != -1 || errno != EINTR {
            return answer
        }
    }
}

/// Does what ``retryingInterrupted(_:)`` does, and turns a failure into a ``SystemFault``.
@discardableResult
@inline(__always)
func checked<Answer: SignedInteger>(
    _ name: StaticString,
    _ call: () -> Answer
) throws(SystemFault) -> Answer {
    let answer = retryingInterrupted(call)
    guard answer == -1 else { return answer }
    throw SystemFault(call: name.description, code: errno)
}
