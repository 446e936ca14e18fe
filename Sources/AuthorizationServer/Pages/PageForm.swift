import Access

/// What every form of ours carries beside what the person types.
struct PageForm: Sendable, Hashable {
    /// The path that it is posted to, on our own host: `/oauth2/sign-in`.
    var action: String
    /// From ``CSRF``; the field is ``FieldName/csrf``.
    var csrfToken: String
    /// The reference to the attempt under way; the field is ``FieldName/flow``, left out when `nil`.
    var flow: String?
    /// More hidden fields.
    var hiddenFields: [ControlField] = []
    /// Every redirect URI that the answer to the form may redirect to.
    ///
    /// Chromium holds redirects after a form to `form-action`, so that these stand in it
    /// (``PageFields``).
    var redirectURIs: [String] = []
}

extension PageForm {
    /// The names of the fields, as the browser sends them.
    enum FieldName {
        static let csrf = "csrf"
        static let flow = "flow"
        static let email = "email"
        static let password = "password"
        static let displayName = "display_name"
        /// The button of the consent page: ``allow`` or ``deny``.
        static let decision = "decision"
        static let allow = "allow"
        static let deny = "deny"
    }
}
