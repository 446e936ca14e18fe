/// Says what went wrong, in plain words.
struct ErrorPage: Sendable, Hashable {
    var fault: PageFault
    /// The error word of the dialect, small, for who is asked for help; `nil` for the fault's own.
    var code: String?
    /// A way on, where there is one.
    var back: PageLink?
}

extension ErrorPage {
    /// What the template sees.
    func context(requestID: String) -> PageContext {
        var context = PageContext()
        context.set("title", fault.title)
        context.set("faultTitle", fault.title)
        context.set("faultSentence", fault.sentence)
        context.set("code", code ?? fault.rawValue)
        context.set("errorRequestID", requestID)
        context.set(back: back)
        return context
    }
}
