import EventLoop

/// Asks for a new password.
public enum PasswordPrompt {
    /// A password: typed twice alike at a terminal, or the next line of standard input.
    ///
    /// - Returns: The password, or `nil` where none came or the two differ.
    public static func read() -> String? {
        guard let password = SecretInput.readLine(prompt: "New password: ") else { return nil }
        guard SecretInput.isTerminal else { return password }
        return SecretInput.readLine(prompt: "Again: ") == password ? password : nil
    }
}
