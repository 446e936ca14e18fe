/// Why bytes are not the strict JSON text that was asked for.
///
/// All but ``memoryExhausted`` are the writer's fault, and no repetition of the same bytes can
/// succeed.
public enum JSONFault: String, Error, CaseIterable, Sendable {
    /// A name occurs twice in one object, after escapes are read (RFC 8259 §4 leaves open which of
    /// the two another reader would take).
    case duplicateName = "duplicate_name"
    /// A text is not UTF-8.
    case invalidText = "invalid_text"
    /// There was no memory for the value: ours, not the writer's.
    case memoryExhausted = "memory_exhausted"
    /// A text or a name holds U+0000, where C readers would end it.
    case nulCharacter = "nul_character"
    /// An integer does not fit 64 bits, or a real a double.
    case numberTooLarge = "number_too_large"
    /// The grammar of RFC 8259 is broken.
    case syntax = "syntax"
    /// Arrays and objects are nested deeper than ``JSONLimits/depth``.
    case tooDeep = "too_deep"
    /// There are more bytes than ``JSONLimits/size``.
    case tooLarge = "too_large"
    /// Something other than white space follows the value.
    case trailingBytes = "trailing_bytes"
    /// The value is not complete.
    case truncated = "truncated"
}

extension JSONFault: CustomStringConvertible {
    /// A sentence part for a person, without a byte of the text itself.
    public var description: String {
        switch self {
        case .duplicateName: "a name occurs twice in one object"
        case .invalidText: "a text is not UTF-8"
        case .memoryExhausted: "no memory"
        case .nulCharacter: "a text holds a NUL character"
        case .numberTooLarge: "a number is too large"
        case .syntax: "not JSON"
        case .tooDeep: "nested too deeply"
        case .tooLarge: "too many bytes"
        case .trailingBytes: "bytes follow the value"
        case .truncated: "ends too early"
        }
    }
}
