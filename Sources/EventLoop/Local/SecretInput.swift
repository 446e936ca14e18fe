import Glibc

/// Secrets that a person types, or that a script sends: never on a command line, where everybody on
/// the machine can read them.
public enum SecretInput {
    /// Whether somebody types at standard input.
    public static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// The next line of standard input; what is typed at a terminal is not shown.
    ///
    /// - Parameter prompt: Written to standard error where somebody types.
    /// - Returns: The line without its end, or `nil` at the end of the input.
    public static func readLine(prompt: String) -> String? {
        guard isTerminal else { return Swift.readLine() }
        let shown = Array(prompt.utf8)
        try? FileSystem.write(shown.span, to: STDERR_FILENO)
        var before = termios()
        // SAFETY: the calls read or write one `termios`, which lives here.
        guard unsafe tcgetattr(STDIN_FILENO, &before) == 0 else { return Swift.readLine() }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            let end: [UInt8] = [UInt8(ascii: "\n")]
            try? FileSystem.write(end.span, to: STDERR_FILENO)
        }
        return Swift.readLine()
    }
}
