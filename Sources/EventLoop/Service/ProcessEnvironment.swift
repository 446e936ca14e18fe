import Glibc

/// What the process was started with.
public enum ProcessEnvironment {
    /// The value of an environment variable, or `nil` where it is not set.
    public static func value(of name: String) -> String? {
        // SAFETY: the name ends in NUL; the value is copied at once, and nobody in this process
        // changes the environment.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// The number of this process.
    public static var processID: Int32 { getpid() }
}
