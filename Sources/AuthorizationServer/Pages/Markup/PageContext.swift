import Mustache

/// What a template can name: texts, flags and lists of the same; nothing else reaches a page.
struct PageContext: MustacheParent, Sendable {
    private enum Value: Sendable {
        case text(String)
        case flag
        case list([PageContext])
    }

    private var values: [String: Value] = [:]

    /// What `{{name}}` and `{{#name}}` find.
    func child(named name: String) -> Any? {
        switch values[name] {
        case .text(let text): text
        case .flag: true
        case .list(let list): list
        case nil: nil
        }
    }

    /// A text; an empty one counts as not there, so that `{{#name}}` can ask for it.
    mutating func set(_ name: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        values[name] = .text(text)
    }

    /// A flag.
    mutating func set(_ name: String, _ flag: Bool) {
        guard flag else { return }
        values[name] = .flag
    }

    /// A list; an empty one counts as not there.
    mutating func set(_ name: String, _ list: [PageContext]) {
        guard !list.isEmpty else { return }
        values[name] = .list(list)
    }
}
