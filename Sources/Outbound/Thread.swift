import CCurl
import Glibc

/// A detached thread of the system.
enum Thread {
    /// Starts a thread that runs `body` once.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes, as debuggers show it.
    ///   - body: What the thread does; it ends with it.
    /// - Throws: ``OutboundFault/internalFailure(detail:)`` where the system has no thread left.
    static func start(
        name: String,
        _ body: @escaping @Sendable () -> Void
    ) throws(OutboundFault) {
        let box = Body(name: name, run: body)
        // SAFETY: the box is retained for the new thread, which takes that one reference over; where
        // no thread came to be it is released here.
        let context = unsafe Unmanaged.passRetained(box)
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, nil, runBody, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .internalFailure(detail: "no thread: error \(code)")
        }
        pthread_detach(thread)
    }

    /// What a thread runs.
    fileprivate final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}

/// The new thread's first call.
///
/// SAFETY: `context` is the reference that ``Thread/start(name:_:)`` has retained for it.
private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    let body = unsafe Unmanaged<Thread.Body>.fromOpaque(context).takeRetainedValue()
    unsafe gatehouse_name_thread(body.name)
    body.run()
    return nil
}
