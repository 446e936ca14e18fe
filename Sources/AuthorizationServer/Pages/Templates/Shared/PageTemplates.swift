import Mustache

/// Every template, read once.
enum PageTemplates {
    /// Their texts by name.
    static let texts: [String: String] = [
        "layout": LayoutTemplate.text,
        "notice": NoticeTemplate.text,
        "hiddenFields": HiddenFieldsTemplate.text,
        "providers": ProvidersTemplate.text,
        "signIn": SignInTemplate.text,
        "signUp": SignUpTemplate.text,
        "choose": ChooseTemplate.text,
        "consent": ConsentTemplate.text,
        "error": ErrorTemplate.text,
        "signedOut": SignedOutTemplate.text,
        "confirmSignOut": ConfirmSignOutTemplate.text,
    ]

    /// A page's text.
    static func render(_ name: String, _ context: PageContext) -> String {
        library.render(context, withTemplate: name) ?? ""
    }

    private static let library: MustacheLibrary = {
        // Templates name their content type, so that it comes before the first one is read.
        MustacheContentTypes.register(PageText(), named: PageText.name)
        do {
            var library = MustacheLibrary()
            for (name, text) in texts {
                try library.register(text, named: name)
            }
            return library
        } catch {
            preconditionFailure("A template of ours, which are constants, does not parse: \(error)")
        }
    }()
}
