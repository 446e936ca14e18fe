import JSON

extension JSONObject {
    /// The value at a place: member names with dots between them, a number for an array's element.
    func value(at path: String) -> JSONValue? {
        var value = JSONValue.object(self)
        for step in path.split(separator: ".") {
            switch value {
            case .object(let object):
                guard let next = object[String(step)] else { return nil }
                value = next
            case .array(let elements):
                guard let index = Int(step), elements.indices.contains(index) else { return nil }
                value = elements[index]
            case .null, .boolean, .integer, .real, .string:
                return nil
            }
        }
        return value
    }
}
