import CJansson

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
