/// The elements of a page of ours, read as strictly as we write: enough to ask about ids, labels and
/// attributes, and to see whether a value broke out of its place.
struct Markup {
    struct Element {
        var name: String
        var attributes: [(name: String, value: String)] = []

        subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }

        /// Its name with its attributes' names.
        var shape: String { ([name] + attributes.map(\.name)).joined(separator: " ") }
    }

    var elements: [Element] = []
    /// The text between tags, without references.
    var text = ""

    init(_ html: String) {
        var rest = html.unicodeScalars[...]
        while let scalar = rest.first {
            if scalar == "<", let next = rest.dropFirst().first, next != "/", next != "!" {
                rest.removeFirst()
                elements.append(Self.element(&rest))
            } else if scalar == "<" {
                rest = rest.drop { $0 != ">" }.dropFirst()
            } else {
                let run = rest.prefix { $0 != "<" }
                text += Self.decoded(String(run))
                rest = rest.dropFirst(run.count)
            }
        }
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    /// Reads from behind `<` to behind `>`.
    private static func element(_ rest: inout Substring.UnicodeScalarView) -> Element {
        let ends: Set<Unicode.Scalar> = [" ", "\n", ">", "/", "="]
        var element = Element(name: take(&rest) { !ends.contains($0) })
        while let scalar = rest.first, scalar != ">" {
            guard scalar != " ", scalar != "\n", scalar != "/" else {
                rest.removeFirst()
                continue
            }
            let name = take(&rest) { !ends.contains($0) }
            var value = ""
            if rest.first == "=" {
                rest.removeFirst()
                let quote = rest.popFirst()
                value = take(&rest) { $0 != quote }
                rest = rest.dropFirst()
            }
            element.attributes.append((name, decoded(value)))
        }
        rest = rest.dropFirst()
        return element
    }

    private static func take(
        _ rest: inout Substring.UnicodeScalarView,
        while isWanted: (Unicode.Scalar) -> Bool
    ) -> String {
        let run = rest.prefix(while: isWanted)
        rest = rest.dropFirst(run.count)
        return String(run)
    }

    /// Without references; by bytes, as `;` and a combining mark are one character to Swift.
    private static func decoded(_ text: String) -> String {
        let references = [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#96;", "`"),
            ("&amp;", "&"),
        ]
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if let reference = references.first(where: { rest.starts(with: $0.0.utf8) }) {
                bytes += reference.1.utf8
                rest = rest.dropFirst(reference.0.utf8.count)
            } else {
                bytes.append(byte)
                rest.removeFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
