/// What a new password and a name must be like.
///
/// Length is all that is asked of a password: rules about digits and signs make passwords that are
/// easy to guess and hard to remember (NIST SP 800-63B §5.1.1.2).
enum PasswordPolicy {
    /// What is wrong with a new password; `nil` where it will do.
    static func fault(of password: String) -> FieldFault? {
        if password.isEmpty { return .passwordMissing }
        if password.unicodeScalars.contains(where: isControl) { return .passwordHasControls }
        if password.unicodeScalars.count < lengthMin { return .passwordTooShort(min: lengthMin) }
        if isTooLong(password) { return .passwordTooLong(max: lengthMax) }
        return nil
    }

    /// What is wrong with a name; `nil` where it will do, as an empty one does.
    static func fault(ofName name: String) -> FieldFault? {
        if name.unicodeScalars.contains(where: isControl) { return .displayNameHasControls }
        // A letter may take several scalars, and no name takes a great many of them.
        guard name.count <= nameLengthMax, name.utf8.count <= nameLengthMax * 16 else {
            return .displayNameTooLong(max: nameLengthMax)
        }
        return nil
    }

    /// Whether nobody can have it: not worth hashing.
    static func isTooLong(_ password: String) -> Bool {
        password.unicodeScalars.count > lengthMax
    }

    /// The bytes that are hashed.
    ///
    /// As they were typed: not normalised, because two systems that type `é` in two ways are rarer
    /// than two normalisations that differ.
    static func bytes(_ password: String) -> [UInt8] { Array(password.utf8) }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control
    }

    /// Ten, in characters: the least that takes more tries than the throttle gives anyone.
    static let lengthMin = 10
    /// 256: longer than any sentence that a person types.
    static let lengthMax = 256
    /// A hundred: longer than any name that a page can show.
    static let nameLengthMax = 100
}
