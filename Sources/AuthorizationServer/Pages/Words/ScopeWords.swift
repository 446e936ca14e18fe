/// What a scope lets an application do, in plain words.
enum ScopeWords {
    /// The words for the scopes that standards define (OpenID Connect Core 1.0, sections 5.4 and 11);
    /// any other is shown by its own name.
    static func text(of scope: String) -> String {
        switch scope {
        case "openid": "Know that it is you"
        case "profile": "See your name and your picture"
        case "email": "See your e-mail address"
        case "phone": "See your telephone number"
        case "address": "See your postal address"
        case "offline_access": "Keep you signed in when you are away"
        default: "Use the permission"
        }
    }

    /// The scope's own name, where the words alone do not say which it is.
    static func name(of scope: String) -> String? {
        switch scope {
        case "openid", "profile", "email", "phone", "address", "offline_access": nil
        default: scope
        }
    }
}
