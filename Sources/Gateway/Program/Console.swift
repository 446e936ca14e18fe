import EventLoop
import Glibc

/// What commands say to the person who typed them.
public enum Console {
    /// Writes a line to standard output.
    public static func write(_ line: String) {
        put(line + "\n", to: STDOUT_FILENO)
    }

    /// Writes a line to standard error.
    public static func writeError(_ line: String) {
        put(line + "\n", to: STDERR_FILENO)
    }

    /// Writes text as it stands.
    static func put(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        // A terminal that is gone has nobody left to tell.
        try? FileSystem.write(bytes.span, to: descriptor)
    }
}
