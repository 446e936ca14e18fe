import Access
import Configuration

/// Writes pages and the style sheet as whole responses.
struct PageRenderer: Sendable {
    /// The URL of the authorization server, as configured.
    let issuerURL: String

    /// - Parameter issuerURL: The URL of the authorization server: its origin may take our forms, and
    ///   its host stands on each page.
    init(issuerURL: String) {
        self.issuerURL = issuerURL
    }

    /// The response that shows `page`.
    func render(
        _ page: Page,
        status: Int = 200,
        requestID: String,
        extraFields: [ControlField] = []
    ) -> ControlResponse {
        var context = page.context(requestID: requestID)
        context.set("styleSheet", StyleSheet.reference)
        context.set("host", host)
        return ControlResponse(
            status: status,
            fields: PageFields.page(form: page.form, issuerURL: issuerURL) + extraFields,
            body: [UInt8](PageTemplates.render(page.templateName, context).utf8)
        )
    }

    /// The response to a request for the style sheet.
    ///
    /// Only where the request's query names this very text may it be kept for long.
    func styleSheet(query: String? = nil) -> ControlResponse {
        ControlResponse(
            status: 200,
            fields: PageFields.styleSheet(isNamed: query == StyleSheet.query),
            body: [UInt8](StyleSheet.text.utf8)
        )
    }

    /// The authority of ``issuerURL``.
    private var host: String {
        LinkReference.webOrigin(of: issuerURL)?.split(separator: "/").last.map(String.init) ?? ""
    }
}
