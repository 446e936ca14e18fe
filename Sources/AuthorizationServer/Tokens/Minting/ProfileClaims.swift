import JSON

/// What a plain client may learn of a person (OpenID Connect Core §5.4).
enum ProfileClaims {
    /// Appends what the scopes allow and the user has.
    static func append(
        of subject: TokenSubject,
        scopes: [String],
        to claims: inout JSONObject
    ) {
        if scopes.contains("email"), let email = subject.email {
            claims["email"] = .string(email)
            claims["email_verified"] = .boolean(subject.isEmailVerified)
        }
        if scopes.contains("profile"), let name = subject.name {
            claims["name"] = .string(name)
        }
    }
}
