/// What makes a path one that back ends read differently, and that is answered 400 for it.
public enum PathFault: Error, Hashable, Sendable, CaseIterable {
    /// `\`, encoded or not: a separator to some.
    case backslash
    /// `..` above the root.
    case climbsAboveRoot
    /// `%25` and two hexadecimal digits: decoded twice, it is another path.
    case doubleEncoded
    /// `//`, or a segment of nothing but parameters.
    case emptySegment
    /// An encoded control.
    case encodedControl
    /// `.` or `..` that is encoded, has parameters, or stands beside an encoded separator.
    case hiddenDotSegment
    /// Percent-triplets that are not UTF-8.
    case invalidUTF8
    /// A percent sign without two hexadecimal digits.
    case malformedTriplet
    /// No slash at the beginning, or a byte that no path may hold.
    case malformedPath

    /// The word of the closed list of details, for the log, `explain` and hints.
    public var detail: StaticString {
        switch self {
        case .backslash, .climbsAboveRoot, .doubleEncoded, .emptySegment, .encodedControl,
            .hiddenDotSegment, .invalidUTF8:
            "path.ambiguous"
        case .malformedPath, .malformedTriplet: "path.malformed"
        }
    }

    /// What was found, for people: `explain` and hints.
    public var explanation: StaticString {
        switch self {
        case .backslash: "a backslash, which some back ends read as a slash"
        case .climbsAboveRoot: "dot segments that climb above the root"
        case .doubleEncoded: "a percent sign that is itself encoded before two hexadecimal digits"
        case .emptySegment: "an empty segment"
        case .encodedControl: "an encoded control character"
        case .hiddenDotSegment: "a dot segment that is encoded or has parameters"
        case .invalidUTF8: "percent-triplets that are not UTF-8"
        case .malformedPath: "no path, or a byte that no path may hold"
        case .malformedTriplet: "a percent sign without two hexadecimal digits"
        }
    }
}
