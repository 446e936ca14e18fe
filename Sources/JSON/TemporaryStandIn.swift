// TEMPORARY: stands in for the branch `jose` until it is merged. Drop this file at the merge.
import CJansson
/// Why bytes are not the strict JSON text that was asked for.
///
/// All but ``memoryExhausted`` are the writer's fault, and no repetition of the same bytes can
/// succeed.
public enum JSONFault: String, Error, CaseIterable, Sendable {
    /// A name occurs twice in one object, after escapes are read (RFC 8259 §4 leaves open which of
    /// the two another reader would take).
    case duplicateName = "duplicate_name"
    /// A text is not UTF-8.
    case invalidText = "invalid_text"
    /// There was no memory for the value: ours, not the writer's.
    case memoryExhausted = "memory_exhausted"
    /// A text or a name holds U+0000, where C readers would end it.
    case nulCharacter = "nul_character"
    /// An integer does not fit 64 bits, or a real a double.
    case numberTooLarge = "number_too_large"
    /// The grammar of RFC 8259 is broken.
    case syntax = "syntax"
    /// Arrays and objects are nested deeper than ``JSONLimits/depth``.
    case tooDeep = "too_deep"
    /// There are more bytes than ``JSONLimits/size``.
    case tooLarge = "too_large"
    /// Something other than white space follows the value.
    case trailingBytes = "trailing_bytes"
    /// The value is not complete.
    case truncated = "truncated"
}

extension JSONFault: CustomStringConvertible {
    /// A sentence part for a person, without a byte of the text itself.
    public var description: String {
        switch self {
        case .duplicateName: "a name occurs twice in one object"
        case .invalidText: "a text is not UTF-8"
        case .memoryExhausted: "no memory"
        case .nulCharacter: "a text holds a NUL character"
        case .numberTooLarge: "a number is too large"
        case .syntax: "not JSON"
        case .tooDeep: "nested too deeply"
        case .tooLarge: "too many bytes"
        case .trailingBytes: "bytes follow the value"
        case .truncated: "ends too early"
        }
    }
}

/// How large a JSON text may be before it is not read at all.
public struct JSONLimits: Sendable, Hashable {
    /// The most bytes.
    public var size: Int
    /// The most arrays and objects inside one another; a top-level array or object counts as one.
    ///
    /// Values above ``depthCeiling`` mean that ceiling.
    public var depth: Int

    /// Names both limits; there is no default, so that each reader says what it expects.
    public init(size: Int, depth: Int) {
        self.size = size
        self.depth = depth
    }

    /// The deepest nesting that any caller can ask for: chosen so that the recursion here and in
    /// jansson (which itself stops at 2 048) stays within a few dozen KiB of stack.
    public static let depthCeiling = 256
}

/// The members of one JSON object, in the order in which they were written.
///
/// A vector, not a table: claims and keys have a dozen members, where looking from the front costs
/// less than hashing. Names are unique. Two objects are equal when they hold the same members in
/// the same order.
public struct JSONObject: Sendable, Equatable {
    /// The members in their order.
    public private(set) var members: [Member] = []

    /// Makes an object without members.
    public init() {}

    /// The number of members.
    public var count: Int { members.count }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of the member called `name`.
    ///
    /// Assigning replaces it in its place, appends it, or with `nil` removes it.
    public subscript(name: String) -> JSONValue? {
        get {
            for member in members where member.name == name {
                return member.value
            }
            return nil
        }
        set {
            let place = members.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Whether a member is called `name`, `null` or not.
    public func contains(_ name: String) -> Bool {
        members.contains { $0.name == name }
    }

    /// Appends a member whose name is known to be new: what jansson has already made sure of.
    internal mutating func appendUnique(_ member: Member) {
        members.append(member)
    }

    /// Makes room for that many members.
    internal mutating func reserveCapacity(_ count: Int) {
        members.reserveCapacity(count)
    }
}

extension JSONObject {
    /// One name and its value.
    public struct Member: Sendable, Equatable {
        /// The name, escapes read.
        public var name: String
        /// The value.
        public var value: JSONValue

        /// Makes a member.
        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object from a literal; of two equal names the later one is kept.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements {
            self[name] = value
        }
    }
}

import Bytes

/// Writes texts the way JSON wants them.
public enum JSONText {
    /// Appends `text` escaped, without quotes around it.
    ///
    /// Whatever the bytes are, the result is valid inside a JSON text: quotes, backslashes and
    /// control characters are escaped, DEL too (it hides in terminals), and every byte that is not
    /// part of valid UTF-8 becomes one U+FFFD.
    public static func appendEscaped(_ text: Span<UInt8>, to output: inout [UInt8]) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard byte >= 0x80 else {
                appendEscaped(byte, to: &output)
                index += 1
                continue
            }
            let length = sequenceLength(in: text, at: index)
            if length == 0 {
                output.append("\u{FFFD}")
                index += 1
            } else {
                output.append(text.extracting(index..<index + length))
                index += length
            }
        }
    }

    /// Appends `text` escaped and quoted.
    public static func appendQuoted(_ text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        appendEscaped(text, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `text` escaped and quoted.
    ///
    /// For people's texts: not for the path of a request.
    public static func appendQuoted(_ text: String, to output: inout [UInt8]) {
        var copy = text
        copy.withUTF8 { utf8 in
            // SAFETY: the span does not leave the closure that lends the bytes.
            unsafe appendQuoted(utf8.span, to: &output)
        }
    }

    private static func appendEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): output.append("\\\"")
        case UInt8(ascii: "\\"): output.append("\\\\")
        case 0x08: output.append("\\b")
        case 0x09: output.append("\\t")
        case 0x0A: output.append("\\n")
        case 0x0C: output.append("\\f")
        case 0x0D: output.append("\\r")
        case 0x00..<0x20, 0x7F:
            output.append("\\u00")
            output.append(ASCII.lowercaseHexDigit(byte >> 4))
            output.append(ASCII.lowercaseHexDigit(byte))
        default: output.append(byte)
        }
    }

    /// The length of the well-formed sequence at `index` (Unicode, table 3-7), or 0.
    ///
    /// The byte there is not ASCII.
    private static func sequenceLength(in text: Span<UInt8>, at index: Int) -> Int {
        let lead = text[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if lead == 0xE0 { second = 0xA0...0xBF }
            if lead == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            length = 4
            if lead == 0xF0 { second = 0x90...0xBF }
            if lead == 0xF4 { second = 0x80...0x8F }
        default: return 0
        }
        guard index + length <= text.count, second.contains(text[index + 1]) else { return 0 }
        for offset in 2..<max(2, length) where text[index + offset] & 0xC0 != 0x80 {
            return 0
        }
        return length
    }
}

/// One JSON value.
///
/// A number written without fraction and exponent is ``integer(_:)``, any other ``real(_:)``: the
/// two are never equal, so a reader that takes both says so.
public enum JSONValue: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case boolean(Bool)
    /// A number without fraction and exponent; what does not fit was refused when it was read.
    case integer(Int64)
    /// Any other number; never infinite or not-a-number when it was read.
    case real(Double)
    /// A text.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object(JSONObject)
}

extension JSONValue {
    /// The text, where the value is one.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The integer, where the value is one.
    public var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// `true` or `false`, where the value is either.
    public var boolean: Bool? {
        guard case .boolean(let flag) = self else { return nil }
        return flag
    }

    /// The elements, where the value is an array.
    public var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members, where the value is an object.
    public var object: JSONObject? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    /// A text.
    public init(stringLiteral value: String) {
        self = .string(value)
    }

    /// An integer.
    public init(integerLiteral value: Int64) {
        self = .integer(value)
    }

    /// `true` or `false`.
    public init(booleanLiteral value: Bool) {
        self = .boolean(value)
    }

    /// An array.
    public init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }
}


extension JSONValue {
    /// Reads one value out of `bytes`, all of them.
    ///
    /// Refused beyond the grammar of RFC 8259, because two readers could disagree about it: names
    /// that repeat, NUL in a text, numbers that do not fit, and anything but white space after the
    /// value. A byte order mark is refused as well. Any type may stand at the top.
    ///
    /// Cost: linear in the bytes; memory is bounded by about a hundred times ``JSONLimits/size``.
    public static func parse(
        _ bytes: Span<UInt8>,
        limits: JSONLimits
    ) throws(JSONFault) -> JSONValue {
        guard bytes.count <= limits.size else { throw .tooLarge }
        guard bytes.count > 0 else { throw .truncated }
        let depthMax = min(limits.depth, JSONLimits.depthCeiling)
        guard isShallow(bytes, depthMax: depthMax) else { throw .tooDeep }
        return try unsafe bytes.withUnsafeBytes { (buffer) throws(JSONFault) -> JSONValue in
            var error = json_error_t()
            // SAFETY: the buffer is alive for the call, jansson copies what it keeps, and the root
            // that it returns is ours to release exactly once, after the walk.
            let root = unsafe json_loadb(
                buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                buffer.count,
                parsingFlags,
                &error
            )
            guard let root = unsafe root else {
                throw unsafe JSONFault(janssonCode: gatehouse_json_error_code(&error))
            }
            defer { unsafe json_decref(root) }
            return unsafe JSONValue(copying: root)
        }
    }

    /// Whether no more than `depthMax` brackets are open at once outside texts.
    ///
    /// Runs before jansson, whose reader calls itself for each.
    private static func isShallow(_ bytes: Span<UInt8>, depthMax: Int) -> Bool {
        var depth = 0
        var isInText = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isInText {
                if byte == UInt8(ascii: "\\") {
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""):
                    isInText = true
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    guard depth <= depthMax else { return false }
                case UInt8(ascii: "]"), UInt8(ascii: "}"):
                    depth -= 1
                default:
                    break
                }
            }
            index += 1
        }
        return true
    }

    /// Copies the tree under `node`, whose depth is bounded by ``JSONLimits/depthCeiling``.
    private init(copying node: UnsafeMutablePointer<json_t>) {
        switch unsafe node.pointee.type {
        case JSON_OBJECT:
            var object = JSONObject()
            unsafe object.reserveCapacity(json_object_size(node))
            var place = unsafe json_object_iter(node)
            while let current = unsafe place {
                if let name = unsafe json_object_iter_key(current),
                    let value = unsafe json_object_iter_value(current)
                {
                    unsafe object.appendUnique(
                        JSONObject.Member(
                            name: String(cString: name),
                            value: JSONValue(copying: value)
                        )
                    )
                }
                unsafe place = unsafe json_object_iter_next(node, current)
            }
            self = .object(object)
        case JSON_ARRAY:
            var elements: [JSONValue] = []
            let count = unsafe json_array_size(node)
            elements.reserveCapacity(count)
            for index in 0..<count {
                if let element = unsafe json_array_get(node, index) {
                    unsafe elements.append(JSONValue(copying: element))
                }
            }
            self = .array(elements)
        case JSON_STRING:
            // SAFETY: jansson keeps length and bytes of the text together, alive with the node.
            let text = unsafe UnsafeRawBufferPointer(
                start: json_string_value(node),
                count: json_string_length(node)
            )
            self = unsafe .string(String(decoding: text, as: UTF8.self))
        case JSON_INTEGER:
            self = unsafe .integer(Int64(json_integer_value(node)))
        case JSON_REAL:
            self = unsafe .real(json_real_value(node))
        case JSON_TRUE:
            self = .boolean(true)
        case JSON_FALSE:
            self = .boolean(false)
        default:
            self = .null
        }
    }

    private static let parsingFlags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)
}

extension JSONFault {
    /// Reads jansson's code.
    ///
    /// What it does not name more closely is ``syntax``.
    fileprivate init(janssonCode: Int32) {
        switch UInt32(bitPattern: janssonCode) {
        case json_error_out_of_memory.rawValue: self = .memoryExhausted
        case json_error_stack_overflow.rawValue: self = .tooDeep
        case json_error_invalid_utf8.rawValue: self = .invalidText
        case json_error_premature_end_of_input.rawValue: self = .truncated
        case json_error_end_of_input_expected.rawValue: self = .trailingBytes
        case json_error_null_character.rawValue, json_error_null_byte_in_key.rawValue:
            self = .nulCharacter
        case json_error_duplicate_key.rawValue: self = .duplicateName
        case json_error_numeric_overflow.rawValue: self = .numberTooLarge
        default: self = .syntax
        }
    }
}

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

