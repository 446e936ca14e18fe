import Mustache

/// How values become text of a page: the content type that every template names first.
///
/// Mustache's own goes by characters as people see them, and so lets a `"` pass that a combining mark
/// follows; it would end an attribute. This one goes by Unicode scalars, as browsers do.
struct PageText: MustacheContentType {
    /// The name in `{{% CONTENT_TYPE: … }}`.
    static let name = "PAGE"

    func escapeText(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "`": escaped += "&#96;"
            case "\t", "\n": escaped.unicodeScalars.append(scalar)
            // Controls have no place on a page, NUL least of all.
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
