/// Where a provider's answers say who somebody is.
///
/// Places are member names with dots between them; a number is a place in an array.
struct AccountFields: Sendable {
    /// The account's id: a text or a whole number.
    var accountID: String
    /// The name, in the order of preference.
    var displayNames: [String]
    var picture: Picture?
    var email: Email

    /// The claims of OpenID Connect Core §5.1.
    static let standard = AccountFields(
        accountID: "sub",
        displayNames: ["name", "preferred_username"],
        picture: .member("picture"),
        email: .member(["email"], .boolean("email_verified"))
    )
}

extension AccountFields {
    /// Where the picture's address is.
    enum Picture: Sendable {
        case member(String)
        /// An address with members in braces, which must be letters, digits and underscores.
        case template(String)
    }

    /// Where the address is, and what says that it was verified.
    enum Email: Sendable {
        /// The provider shows none.
        case absent
        /// In a list of its own, which stands below the place of user info, at `/emails`.
        case list(EmailList)
        /// The first of the members that holds one.
        case member([String], Flag)
    }

    /// What says that an address was verified.
    enum Flag: Sendable {
        /// JSON `true`, and nothing else.
        case boolean(String)
        /// JSON `true`, or the text `true`: Apple writes both. The text `false` is not true.
        case booleanOrText(String)
        /// Nothing does.
        case never
    }
}

/// How one address is chosen from a provider's list.
struct EmailList: Sendable {
    /// Where the list is; empty for the whole answer.
    var path: String
    var choice: Choice
    var verification: Verification

    /// Which address is meant.
    enum Choice: Sendable {
        /// The first entry whose member is `true`.
        case firstMarked(String)
        /// The entry with the address that this member of user info has.
        case sameAs(String)
    }

    /// What says that it was verified.
    enum Verification: Sendable {
        /// A date, which is there once it was.
        case dated(String)
        /// JSON `true`.
        case marked(String)
    }
}
