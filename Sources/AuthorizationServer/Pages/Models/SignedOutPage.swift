/// Says that the person is signed out.
struct SignedOutPage: Sendable, Hashable {
    /// `nil` where it is not known.
    var applicationName: String?
    /// A way on, where there is one.
    var back: PageLink?
}

extension SignedOutPage {
    /// What the template sees.
    var context: PageContext {
        var context = PageContext()
        context.set("title", "You are signed out")
        context.set("applicationName", applicationName)
        context.set(back: back)
        return context
    }
}
