/// Let an application of someone else's in, or not.
struct ConsentPage: Sendable, Hashable {
    var form: PageForm
    var clientName: String
    /// The host that the answer goes to: the one thing that an application cannot make up.
    var redirectHost: String
    /// As asked for; the page says them in plain words (``ScopeWords``).
    var scopes: [String]
    /// The e-mail address or name of who is signed in.
    var signedInAs: String
    /// For someone who is not that person; `nil` for no link.
    var switchAccountHref: String?
}

extension ConsentPage {
    /// What the template sees.
    var context: PageContext {
        var context = PageContext()
        context.set("title", "Let " + clientName + " in?")
        context.set("clientName", clientName)
        context.set("redirectHost", redirectHost)
        context.set("signedInAs", signedInAs)
        context.set(form)
        context.set(link: "switchAccountHref", switchAccountHref)
        context.set("hasScopes", !scopes.isEmpty)
        context.set(
            "scopes",
            scopes.map { scope in
                var context = PageContext()
                context.set("text", ScopeWords.text(of: scope))
                context.set("name", ScopeWords.name(of: scope))
                return context
            }
        )
        return context
    }
}
