/// Choose where to sign in.
struct ChoosePage: Sendable, Hashable {
    var applicationName: String
    /// The words are the provider's display name.
    var providers: [PageLink]
    var fault: PageFault?
}

extension ChoosePage {
    /// What the template sees.
    var context: PageContext {
        var context = PageContext()
        context.set("title", (fault == nil ? "" : "Error: ") + "Sign in · " + applicationName)
        context.set("applicationName", applicationName)
        context.set(fault, fields: [])
        context.set(providers: providers)
        return context
    }
}
