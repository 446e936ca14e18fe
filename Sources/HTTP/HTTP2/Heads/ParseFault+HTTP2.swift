import Bytes

extension ParseFault {
    /// What is wrong with a field that libnghttp2 has refused.
    ///
    /// It says only that something is; this looks again, for the log.
    internal init(refused name: Span<UInt8>, value: Span<UInt8>) {
        if name.count > 0, name[0] == UInt8(ascii: ":") {
            self = Self.pseudoFault(name, value)
        } else if !FieldSyntax.isToken(name) {
            self = .malformedFieldName
        } else if Self.hasUpperCase(name) {
            self = .upperCaseFieldName
        } else {
            self = Self.fieldFault(FieldName(name), value)
        }
    }

    private static func pseudoFault(_ name: Span<UInt8>, _ value: Span<UInt8>) -> ParseFault {
        if name.isEqual(to: ":path") {
            return RequestHead.isVisible(value) ? .malformedPseudoField : .malformedTarget
        }
        if name.isEqual(to: ":authority") {
            return HostName.isValid(value) ? .malformedPseudoField : .malformedHost
        }
        if name.isEqual(to: ":method") {
            return FieldSyntax.isToken(value) ? .malformedPseudoField : .malformedMethod
        }
        return .malformedPseudoField
    }

    private static func fieldFault(_ name: FieldName, _ value: Span<UInt8>) -> ParseFault {
        switch name {
        case .connection, .keepAlive, .proxyConnection, .te, .transferEncoding, .upgrade:
            return .connectionField
        case .contentLength:
            return value.decimalValue() == nil ? .malformedContentLength : .duplicateContentLength
        case .host:
            return HostName.isValid(value) ? .duplicateHost : .malformedHost
        default:
            return value.firstControl(from: 0, to: value.count) < value.count
                ? .controlCharacter : .malformedFieldValue
        }
    }

    private static func hasUpperCase(_ name: Span<UInt8>) -> Bool {
        for index in 0..<name.count where ASCII.lowercased(name[index]) != name[index] {
            return true
        }
        return false
    }
}
