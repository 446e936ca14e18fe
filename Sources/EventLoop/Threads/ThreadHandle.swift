import CLinux
import Glibc
import Synchronization

/// Starts a thread that runs `body` and ends with it.
///
/// - Parameters:
///   - name: Shown by `top -H`; the system keeps the first 15 bytes.
///   - processor: The processor it stays on, or `nil` for any. One that the process may not use is
///     ignored: the thread then runs unpinned.
///   - body: Runs in the new thread. Objects that belong to one thread are made inside it.
/// - Returns: The thread, to be joined; let go, it runs on by itself.
/// - Throws: Where the system gives no more threads or memory.
@safe
public func startThread(
    name: String,
    processor: Int? = nil,
    _ body: @escaping @Sendable () -> Void
) throws(SystemFault) -> ThreadHandle {
    var attributes = pthread_attr_t()
    // SAFETY: the attributes are initialised before and destroyed after their only use.
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, stackSize)
    defer { unsafe pthread_attr_destroy(&attributes) }
    let start = ThreadStart(name: name, processor: processor, body: body)
    // SAFETY: the reference is handed to the new thread, which releases it; where there is no new
    // thread, it is released below.
    let passed = unsafe Unmanaged.passRetained(start)
    var identifier = pthread_t()
    let code = unsafe pthread_create(
        &identifier,
        &attributes,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
            start.run()
            return nil
        },
        passed.toOpaque()
    )
    guard code == 0 else {
        unsafe passed.release()
        throw SystemFault(call: "pthread_create", code: code)
    }
    return ThreadHandle(identifier)
}

/// A thread that was started and can be waited for.
public final class ThreadHandle: Sendable {
    private let identifier: Mutex<pthread_t?>

    /// Takes charge of a thread that nobody has joined.
    init(_ identifier: pthread_t) {
        self.identifier = Mutex(identifier)
    }

    deinit {
        if let left = identifier.withLock({ $0.take() }) {
            pthread_detach(left)
        }
    }

    /// Waits until the thread has ended.
    ///
    /// Only the first call waits; never call it from the thread itself.
    public func join() {
        guard let ended = identifier.withLock({ $0.take() }) else { return }
        // SAFETY: the identifier is joined once: it was taken out of the handle.
        _ = pthread_join(ended, nil)
    }
}

/// What a new thread is given.
private final class ThreadStart: Sendable {
    private let name: String
    private let processor: Int?
    private let body: @Sendable () -> Void

    init(name: String, processor: Int?, body: @escaping @Sendable () -> Void) {
        self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
        self.processor = processor
        self.body = body
    }

    func run() {
        // Neither failing is a reason not to work.
        // SAFETY: the name is passed as a string that ends in NUL.
        _ = unsafe gatehouse_name_current_thread(name)
        if let processor {
            _ = gatehouse_pin_current_thread(Int32(clamping: processor))
        }
        body()
    }
}

/// Half a megabyte, mapped as it is used: what a deep parser needs many times over, said here so
/// that it does not follow the shell's limit.
private let stackSize = 512 * 1024
