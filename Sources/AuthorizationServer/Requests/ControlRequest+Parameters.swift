import Access
import Bytes
import JSON

extension ControlRequest {
    /// The parameters of the query.
    func queryParameters() throws(ParameterFault) -> Parameters {
        guard let query else { return Parameters() }
        let bytes = Array(query.utf8)
        return try Parameters(form: bytes.span)
    }

    /// The parameters of the body: a form or JSON, by its media type; none where it is empty.
    func bodyParameters() throws(ParameterFault) -> Parameters {
        guard !body.isEmpty else { return Parameters() }
        switch mediaType {
        case "application/x-www-form-urlencoded":
            return try Parameters(form: body.span)
        case "application/json":
            let value: JSONValue
            do {
                value = try JSONValue.parse(body.span, limits: Self.bodyLimits)
            } catch {
                throw .malformed
            }
            guard case .object(let object) = value else { throw .malformed }
            return Parameters(json: object)
        default:
            throw .unsupportedType
        }
    }

    /// The media type in lower case, without parameters.
    var mediaType: String {
        let field = value(of: "content-type") ?? ""
        let type = field.prefix { $0 != ";" }
        return type.lowercased().trimmingBlanks()
    }

    /// The value of a cookie, where exactly one has that name.
    func cookie(_ name: String) -> String? {
        var found: [String] = []
        for field in values(of: "cookie") {
            for pair in field.split(separator: ";") {
                let text = String(pair).trimmingBlanks()
                guard let equals = text.firstIndex(of: "="), text[..<equals] == name else {
                    continue
                }
                found.append(String(text[text.index(after: equals)...]))
            }
        }
        return found.count == 1 ? found[0] : nil
    }

    /// A body's JSON is flat: eight levels are more than any client sends.
    private static let bodyLimits = JSONLimits(size: 65_536, depth: 8)
}

extension String {
    /// The text without blanks and tabs at either end.
    func trimmingBlanks() -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }),
            let last = lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
