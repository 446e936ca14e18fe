/// Asks whether to sign out, where the request alone does not prove that the person wants to.
struct ConfirmSignOutPage: Sendable, Hashable {
    var form: PageForm
    /// The e-mail address or name of who is signed in.
    var signedInAs: String
    var applicationName: String?
    /// Where a person goes who stays; `nil` for no link.
    var stayHref: String?
}

extension ConfirmSignOutPage {
    /// What the template sees.
    var context: PageContext {
        var context = PageContext()
        context.set("title", "Sign out?")
        context.set("applicationName", applicationName)
        context.set("signedInAs", signedInAs)
        context.set(form)
        context.set(link: "stayHref", stayHref)
        return context
    }
}
