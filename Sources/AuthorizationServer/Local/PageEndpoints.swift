import Access
import Configuration

/// The pages that people sign in with, and their style sheet.
struct PageEndpoints: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Method first, then the page's own order.
    func respond() async -> ControlResponse {
        let method = request.method == "HEAD" ? "GET" : request.method
        guard methods.contains(method) else {
            return .text(
                "The method is not allowed here.",
                status: 405,
                fields: [ControlField("allow", methods.joined(separator: ", "))]
            )
        }
        let visit = PageVisit(context: context, request: request)
        switch request.endpoint {
        case .signIn: return await SignInForm(visit: visit).respond()
        case .signUp: return await SignUpForm(visit: visit).respond()
        case .chooseProvider: return await ProviderChoice(visit: visit).respond()
        case .consent: return await ConsentForm(visit: visit).respond()
        case .styleSheet: return styleSheet()
        default: return visit.page(.signedOut(SignedOutPage()))
        }
    }

    private var methods: [String] {
        switch request.endpoint {
        case .consent, .signIn, .signUp: ["GET", "POST"]
        default: ["GET"]
        }
    }

    private func styleSheet() -> ControlResponse {
        let response = PageRenderer(issuerURL: context.settings.url)
            .styleSheet(query: request.query)
        let known = request.values(of: "if-none-match").flatMap { field in
            field.split(separator: ",").map { String($0).trimmingBlanks() }
        }
        // A weak mark of ours will do as well (RFC 9110 §13.1.2).
        let isKnown = known.contains { mark in
            mark == "*" || mark == StyleSheet.entityTag || mark == "W/" + StyleSheet.entityTag
        }
        guard isKnown else { return response }
        return ControlResponse(
            status: 304,
            fields: response.fields.filter { $0.name != "content-type" }
        )
    }
}
