import Access

/// The header fields of pages and of the style sheet.
enum PageFields {
    /// The fields of a page.
    static func page(form: PageForm?, issuerURL: String) -> [ControlField] {
        [
            ControlField("content-type", "text/html; charset=utf-8"),
            ControlField("cache-control", "no-store"),
            ControlField("content-security-policy", policy(form: form, issuerURL: issuerURL)),
            ControlField("x-frame-options", "DENY"),
            ControlField("x-content-type-options", "nosniff"),
            ControlField("referrer-policy", "no-referrer"),
            ControlField("cross-origin-opener-policy", "same-origin"),
            ControlField("cross-origin-resource-policy", "same-origin"),
        ]
    }

    /// The fields of the style sheet, which never changes where the request names this very text.
    static func styleSheet(isNamed: Bool) -> [ControlField] {
        [
            ControlField("content-type", "text/css; charset=utf-8"),
            ControlField(
                "cache-control",
                isNamed ? "public, max-age=31536000, immutable" : "no-cache"
            ),
            ControlField("etag", StyleSheet.entityTag),
            ControlField("x-content-type-options", "nosniff"),
            ControlField("cross-origin-resource-policy", "same-origin"),
        ]
    }

    /// Nothing is allowed but our style sheet, and forms to where they must lead.
    private static func policy(form: PageForm?, issuerURL: String) -> String {
        [
            "default-src 'none'",
            "style-src 'self'",
            "form-action " + formTargets(form: form, issuerURL: issuerURL).joined(separator: " "),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ].joined(separator: "; ")
    }

    /// The source expressions of `form-action`, each once.
    ///
    /// Chromium holds every redirect after a form to them, those of the client's own server too: to
    /// where a client sends people on from its callback nobody knows here. So a form that may lead
    /// to a client may lead to the web; what it may never lead to is another scheme.
    private static func formTargets(form: PageForm?, issuerURL: String) -> [String] {
        guard let form else { return ["'none'"] }
        var targets = ["'self'"] + [issuerURL].compactMap(LinkReference.formTarget)
        if !form.redirectURIs.isEmpty {
            targets.append("https:")
        }
        for target in form.redirectURIs.flatMap(LinkReference.formTargets)
        where !targets.contains(target) {
            targets.append(target)
        }
        return targets
    }
}
