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

extension ProcessEnvironment {
    /// Every variable; of two of one name the first.
    public static var all: [String: String] {
        var values: [String: String] = [:]
        // SAFETY: the list ends in a null pointer and its texts in NUL; nobody in this process
        // changes the environment.
        var next = unsafe environ
        while let text = unsafe next.pointee {
            let entry = unsafe String(cString: text)
            if let equals = entry.firstIndex(of: "=") {
                let name = String(entry[..<equals])
                values[name] = values[name] ?? String(entry[entry.index(after: equals)...])
            }
            unsafe next += 1
        }
        return values
    }
}
