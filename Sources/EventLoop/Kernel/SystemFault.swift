import CLinux
import Glibc

/// A system call that failed, and how.
public struct SystemFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call that failed, as `man` spells it: always a literal.
    public let call: String
    /// The `errno` value, positive; for `getaddrinfo` its own code, negative.
    public let code: Int32

    /// Makes the fault `code` of `call`.
    public init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// `accept4: Too many open files (EMFILE)`, for people's eyes.
    public var description: String {
        // SAFETY: the three functions answer strings that live for ever and end in NUL.
        if code < 0 {
            return unsafe "\(call): \(String(cString: gatehouse_resolver_error_text(code)))"
        }
        let text = unsafe String(cString: gatehouse_error_text(code))
        let name = unsafe String(cString: gatehouse_error_name(code))
        return "\(call): \(text) (\(name))"
    }
}

extension SystemFault {
    /// Whether the process, or the system, has no descriptor left.
    public var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
}
