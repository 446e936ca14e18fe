/// Times as the conf spells them, for commands that take one.
public enum ConfigurationTime {
    /// The time that a text like `500ms`, `10s` or `1h` spells, or `nil`.
    public static func duration(_ text: String) -> Duration? {
        ConfigurationValue.duration(text)
    }
}
