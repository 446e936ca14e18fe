/// Why an operator's command about accounts came to nothing.
public enum AdministrationFault: Error, Sendable, Equatable, CustomStringConvertible {
    // The operator's.

    /// Several users have the address: one has to be named by its id.
    case accountAmbiguous(ids: [String])
    /// Nobody has this id or address.
    case accountUnknown(String)
    /// It is no e-mail address.
    case emailInvalid
    /// Somebody has an account by this address already.
    case emailTaken
    /// The name is too long, or has characters that names do not have.
    case nameInvalid(sentence: String)
    /// The project lets nobody sign in with a password.
    case noLocalProvider(projectID: String)
    /// The user signs in somewhere else, and has no password to set.
    case noPassword
    /// The password is not one that we take.
    case passwordRefused(sentence: String)
    /// There is more than one project: one has to be named.
    case projectNeeded(ids: [String])
    /// The conf has no such project.
    case projectUnknown(String)
    /// Nothing in the project asks for the scope.
    case scopeUnknown(String, known: [String])

    // Ours.

    /// Too much waits already: later perhaps.
    case overloaded
    /// The store failed.
    case store(detail: String)

    /// One line for the operator; nothing secret.
    public var description: String {
        switch self {
        case .accountAmbiguous(let ids):
            "several users have this address; name one by its id: " + ids.joined(separator: ", ")
        case .accountUnknown(let name): "there is no user \(name)"
        case .emailInvalid: "this is no e-mail address"
        case .emailTaken: "this e-mail address has an account already"
        case .nameInvalid(let sentence): sentence
        case .noLocalProvider(let id): "project \(id) has no provider of kind `local`"
        case .noPassword: "this user signs in at another provider and has no password"
        case .overloaded: "too much waits already; try again"
        case .passwordRefused(let sentence): sentence
        case .projectNeeded(let ids):
            "there is more than one project; name one: " + ids.joined(separator: ", ")
        case .projectUnknown(let id): "the conf has no project \(id)"
        case .scopeUnknown(let scope, let known):
            "no client can ask for the scope \(scope); those that can be granted are: "
                + known.joined(separator: " ")
        case .store(let detail): "the store failed: \(detail)"
        }
    }
}
