import Bytes
public import Configuration

/// The field names that only the gateway may write towards an upstream.
///
/// A name is compared after folding: ASCII case ignored, every other byte than a letter or digit
/// read as `-`. Back ends fold too (CGI reads `X_Stack.User-Id` and `x-stack-user-id` as one), so a
/// comparison of exact names could be walked around.
public struct ProtectedNames: Sendable {
    private let names: [[UInt8]]
    /// A bit for each length that some name has, so that most fields cost one test.
    private let lengths: UInt64
    private static let prefix: StaticString = "x-stack-"

    /// What every file protects, whatever it says: the fields that say where a request came from.
    private static let always = [
        "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-scheme", "x-forwarded-ssl", "x-real-ip", "forwarded", "x-request-id",
    ]

    /// Protects what the routes' families and `identity_header` lines write.
    public init(_ routes: [RouteSettings]) {
        var all = Set(Self.always)
        for route in routes {
            all.formUnion(IdentityFamily.names(of: route.identityHeaderSet))
            all.formUnion(route.identityHeaders.map(\.name))
        }
        names = all.map { $0.utf8.map(Self.fold) }.sorted { $0.lexicographicallyPrecedes($1) }
        var lengths: UInt64 = 0
        for name in names {
            lengths |= 1 << UInt64(min(name.count, 63))
        }
        self.lengths = lengths
    }

    /// Whether a field of this name, however spelt, must not pass from a peer to an upstream.
    public func contains(_ name: Span<UInt8>) -> Bool {
        if Self.hasPrefix(name) { return true }
        guard lengths >> UInt64(min(name.count, 63)) & 1 == 1 else { return false }
        for known in names where Self.isSame(known.span, name) {
            return true
        }
        return false
    }

    private static func hasPrefix(_ name: Span<UInt8>) -> Bool {
        let length = prefix.utf8CodeUnitCount
        guard name.count >= length, name[0] | 0x20 == UInt8(ascii: "x") else { return false }
        var folded = InlineArray<8, UInt8>(repeating: 0)
        for index in 0..<length {
            folded[index] = fold(name[index])
        }
        return folded.span.isEqual(to: prefix)
    }

    private static func isSame(_ known: Span<UInt8>, _ name: Span<UInt8>) -> Bool {
        guard known.count == name.count else { return false }
        for index in 0..<name.count where known[index] != fold(name[index]) {
            return false
        }
        return true
    }

    private static func fold(_ byte: UInt8) -> UInt8 {
        let lower = ASCII.lowercased(byte)
        return ASCII.isLetter(lower) || ASCII.isDigit(lower) ? lower : UInt8(ascii: "-")
    }
}
