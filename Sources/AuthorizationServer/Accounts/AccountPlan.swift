import Configuration
import Storage

/// What signing in with a provider's account will do, decided without writing anything.
///
/// Made twice: at the callback, so that the application hears of a refusal there, and at `/token`
/// in the transaction that carries it out, so that nothing has changed in between.
enum AccountPlan: Sendable, Equatable {
    /// The account is known, and so is its user.
    case signIn(UserRecord, ProviderAccountRecord)
    /// The account is new and becomes one more of this user's.
    case attach(UserRecord)
    /// The anonymous user of the request becomes this person.
    case upgrade(UserRecord)
    /// A new user; whether the address may sign them in is decided by who has it already.
    case signUp(ownsEmail: Bool)

    /// Whether a new user results, as the application is told (`is_new_user`).
    var isNewUser: Bool {
        switch self {
        case .signUp, .upgrade: true
        case .attach, .signIn: false
        }
    }
}
