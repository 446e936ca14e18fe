/// Sends the person on to the client after a form, at once and without script.
///
/// Chromium holds every redirect after a form to the form's `form-action`, those of the client's own
/// server too: a client that sends people on from its callback to another origin would strand them.
/// A page that refreshes is no redirect, so that what comes after it is the client's affair.
struct LeavingPage: Sendable, Hashable {
    /// The redirect URI with its parameters.
    let href: String
    /// Its host, or its scheme where it is an application's own.
    let destination: String

    /// `nil` where `href` is nothing that a browser may be sent to.
    init?(href: String) {
        guard let target = LinkReference.formTarget(of: href) else { return nil }
        self.href = href
        let origin = LinkReference.webOrigin(of: href) ?? target
        destination = origin.split(separator: "/").last.map(String.init) ?? origin
    }
}

extension LeavingPage {
    /// What the template sees.
    var context: PageContext {
        var context = PageContext()
        context.set("title", "One moment")
        context.set("href", href)
        context.set("destination", destination)
        return context
    }
}
