/// What is wrong with one field of a form.
enum FieldFault: Sendable, Hashable {
    case displayNameHasControls
    case displayNameTooLong(max: Int)
    case emailInvalid
    case emailMissing
    case emailTaken
    case passwordHasControls
    case passwordMissing
    case passwordTooLong(max: Int)
    case passwordTooShort(min: Int)
}

extension FieldFault {
    /// It, in plain words.
    var sentence: String {
        switch self {
        case .displayNameHasControls: "Use letters that can be seen for your name."
        case .displayNameTooLong(let max): "Use at most \(max) characters for your name."
        case .emailInvalid: "Enter an e-mail address like name@example.com."
        case .emailMissing: "Enter your e-mail address."
        case .emailTaken: "This e-mail address has an account already."
        case .passwordHasControls: "Use characters that can be seen, and blanks, for the password."
        case .passwordMissing: "Enter your password."
        case .passwordTooLong(let max): "Use at most \(max) characters for the password."
        case .passwordTooShort(let min): "Use at least \(min) characters for the password."
        }
    }
}
