import Bytes

/// The grammar of field names and values, and of the lists inside values (RFC 9110 §5.5, §5.6).
public enum FieldSyntax {
    /// Whether `bytes` are a token, and so can be a field's name or a method.
    public static func isToken(_ bytes: Span<UInt8>) -> Bool {
        bytes.count > 0 && bytes.endOfToken(from: 0, to: bytes.count) == bytes.count
    }

    /// Whether `bytes` can be a field's value as they are: no controls, no blank at either end.
    public static func isValue(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.firstControl(from: 0, to: bytes.count) == bytes.count else { return false }
        return bytes.trimmingBlanks().count == bytes.count
    }

    /// The next element of a comma-separated list at or after `position`, blanks around it left out
    /// and empty elements skipped, or `nil` at the end.
    ///
    /// Moves `position` past it.
    ///
    /// Quoted strings are not looked into: for lists of tokens only.
    public static func nextListElement(
        of value: Span<UInt8>,
        from position: inout Int
    ) -> Range<Int>? {
        while position < value.count {
            let end = value.firstIndex(of: UInt8(ascii: ","), from: position) ?? value.count
            var first = position
            var last = end
            position = end + 1
            while first < last, isBlank(value[first]) {
                first += 1
            }
            while last > first, isBlank(value[last - 1]) {
                last -= 1
            }
            if first < last {
                return first..<last
            }
        }
        return nil
    }

    /// Whether a comma-separated list of tokens holds `lowercase`, whatever its case there.
    public static func listContains(_ lowercase: StaticString, in value: Span<UInt8>) -> Bool {
        var position = 0
        while let element = nextListElement(of: value, from: &position) {
            if value.extracting(element).isEqualIgnoringCase(to: lowercase) {
                return true
            }
        }
        return false
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}

extension FieldBlock {
    /// Whether a `Connection` field says anything but `keep-alive`, whose field goes no further in any
    /// case: if not, ``isNamedByConnection(_:)`` need not be asked of each field.
    public var namesFieldsByConnection: Bool {
        var place = first(.connection)
        while let connection = place {
            let options = value(at: connection)
            var position = 0
            while let option = FieldSyntax.nextListElement(of: options, from: &position) {
                if !options.extracting(option).isEqualIgnoringCase(to: "keep-alive") {
                    return true
                }
            }
            place = next(.connection, after: connection)
        }
        return false
    }

    /// Whether a `Connection` field names the field at `index`, which then is for this connection
    /// only and not forwarded (RFC 9110 §7.6.1).
    public func isNamedByConnection(_ index: Int) -> Bool {
        var place = first(.connection)
        while let connection = place {
            let options = value(at: connection)
            var position = 0
            while let option = FieldSyntax.nextListElement(of: options, from: &position) {
                if options.extracting(option).isEqualIgnoringCase(to: name(at: index)) {
                    return true
                }
            }
            place = next(.connection, after: connection)
        }
        return false
    }
}
