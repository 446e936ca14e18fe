import Bytes

extension JSONValue {
    /// Appends the value in its shortest form: no white space, members in their order.
    ///
    /// A real keeps enough digits to be read back as itself; one that JSON has no word for
    /// (infinity, not-a-number) becomes `null`.
    public func write(into output: inout [UInt8]) {
        switch self {
        case .null:
            output.append("null")
        case .boolean(true):
            output.append("true")
        case .boolean(false):
            output.append("false")
        case .integer(let number):
            output.append(contentsOf: String(number).utf8)
        case .real(let number) where number.isFinite:
            output.append(contentsOf: number.description.utf8)
        case .real:
            output.append("null")
        case .string(let text):
            JSONText.appendQuoted(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 {
                    output.append(UInt8(ascii: ","))
                }
                element.write(into: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            object.write(into: &output)
        }
    }
}

extension JSONObject {
    /// Appends the object in its shortest form: no white space, members in their order.
    public func write(into output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 {
                output.append(UInt8(ascii: ","))
            }
            JSONText.appendQuoted(member.name, to: &output)
            output.append(UInt8(ascii: ":"))
            member.value.write(into: &output)
        }
        output.append(UInt8(ascii: "}"))
    }
}
