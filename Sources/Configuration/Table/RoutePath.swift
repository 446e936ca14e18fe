import Bytes

/// The path of a route, brought to the one form in which requests are matched.
///
/// What the gateway does to the path of a request (issue: "Paths") is done here to the path of a
/// route, so that `/a%7eb` and `/a~b` are one route and not one that never matches.
enum RoutePath {
    /// The canonical path, slashes at its end kept, or `nil` where ``fault(of:)`` finds one.
    static func canonical(_ text: String) -> String? {
        guard fault(of: text) == nil else { return nil }
        var path: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), let value = triplet(bytes, at: index + 1) {
                append(value, isPlain: isUnreserved(value), to: &path)
                index += 3
            } else {
                append(byte, isPlain: isUnreserved(byte) || isDelimiter(byte), to: &path)
                index += 1
            }
        }
        return String(decoding: path, as: UTF8.self)
    }

    /// Why no request could ever match the path, or what it would leave unclear; `nil` for a good one.
    static func fault(of text: String) -> (message: String, hint: String?)? {
        guard text.hasPrefix("/") else {
            return ("`\(text)` is not a path", "a path of a route begins with `/`")
        }
        guard text.utf8.count <= 2_048 else { return ("longer than 2048 bytes", nil) }
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            if let fault = fault(of: byte, at: index, in: bytes) { return fault }
        }
        let segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            if segment.isEmpty, index != segments.count - 1 {
                return (
                    "`//` in a path",
                    "empty segments are refused or merged before a route is chosen"
                )
            }
            if segment == "." || segment == ".." {
                return ("dot segments in a path", "they are gone before a route is chosen")
            }
        }
        return nil
    }

    private static func fault(
        of byte: UInt8,
        at index: Int,
        in bytes: [UInt8]
    ) -> (message: String, hint: String?)? {
        switch byte {
        case UInt8(ascii: "?"), UInt8(ascii: "#"):
            return ("a route is chosen by the path alone", "leave out the query")
        case UInt8(ascii: ";"):
            return ("`;` in a path", "parameters are left out before a route is chosen")
        case UInt8(ascii: "\\"):
            return ("a backslash in a path", "requests with one are refused")
        case UInt8(ascii: "*"):
            return (
                "`*` in a path", "a route takes every path below its own; patterns are not known"
            )
        case 0...0x20, 0x7F:
            return ("a blank or control character in a path", "write it as %XX")
        case UInt8(ascii: "%"):
            guard let value = triplet(bytes, at: index + 1) else {
                return ("`%` without two hexadecimal digits", nil)
            }
            if value < 0x20 || value == 0x7F || value == UInt8(ascii: "\\") {
                return ("an encoded character that requests are refused for", nil)
            }
            if value == UInt8(ascii: "%"), triplet(bytes, at: index + 3) != nil {
                return ("a doubly encoded path", "requests with one are refused")
            }
            if value == UInt8(ascii: ".") {
                return ("an encoded dot in a path", "write it as it is")
            }
            return nil
        default:
            return nil
        }
    }

    /// The byte that the two hexadecimal digits at `index` mean.
    private static func triplet(_ bytes: [UInt8], at index: Int) -> UInt8? {
        guard index + 1 < bytes.count, let high = ASCII.hexValue(bytes[index]),
            let low = ASCII.hexValue(bytes[index + 1])
        else { return nil }
        return high << 4 | low
    }

    private static func append(_ byte: UInt8, isPlain: Bool, to path: inout [UInt8]) {
        if isPlain {
            path.append(byte)
        } else {
            path.append(UInt8(ascii: "%"))
            path.append(ASCII.uppercaseHexDigit(byte >> 4))
            path.append(ASCII.uppercaseHexDigit(byte))
        }
    }

    /// `unreserved` of RFC 3986 §2.3: means the same encoded or not.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: ASCII.isLetter(byte) || ASCII.isDigit(byte)
        }
    }

    /// What else may stand unencoded in a path (`pchar`, RFC 3986 §3.3), and the slash.
    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "!"): true
        case UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("): true
        case UInt8(ascii: ")"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="): true
        default: false
        }
    }
}
