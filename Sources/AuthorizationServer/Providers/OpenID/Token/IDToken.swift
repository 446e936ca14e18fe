import JSON

/// What a verified ID token says.
struct IDToken: Sendable {
    /// Whom it is about.
    let subject: String
    /// Every claim.
    let claims: JSONObject
}
