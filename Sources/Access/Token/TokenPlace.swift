import Bytes
public import Configuration
public import HTTP

/// Where in a request head its token stands.
public struct TokenPlace: Equatable, Sendable {
    /// What carries it.
    public var source: Source
    /// The field, by its index.
    public var field: Int
    /// The token's bytes within the field's value.
    public var range: Range<Int>

    /// What carries a token.
    public enum Source: Sendable {
        case authorization
        case cookie
        case header
        case webSocketProtocol
    }
}

/// Finds the token of a request: never in its query, and never more than one.
public enum TokenSearch {
    /// What was found.
    public enum Outcome: Equatable, Sendable {
        case ambiguous
        case found(TokenPlace)
        case none
    }

    /// Looks in every place that the route names.
    ///
    /// A header wins over a cookie; two headers, or one header twice, are ambiguous even where they
    /// are equal.
    public static func run(
        _ fields: FieldBlock,
        _ sources: TokenSourceSettings
    ) -> Outcome {
        var found: TokenPlace?
        if let field = fields.first(.authorization) {
            if fields.next(.authorization, after: field) != nil { return .ambiguous }
            if let range = bearerRange(fields.value(at: field)) {
                found = TokenPlace(source: .authorization, field: field, range: range)
            }
        }
        for name in sources.headers {
            guard let place = headerPlace(fields, name) else { continue }
            guard found == nil, let place = place.single else { return .ambiguous }
            found = place
        }
        if sources.webSocketProtocol, let field = fields.first(.secWebSocketProtocol),
            let range = protocolRange(fields.value(at: field))
        {
            guard found == nil else { return .ambiguous }
            found = TokenPlace(source: .webSocketProtocol, field: field, range: range)
        }
        if let found { return .found(found) }
        guard let cookie = sources.cookie else { return .none }
        return cookiePlace(fields, cookie)
    }

    /// The place of a token in `Bearer TOKEN` (RFC 6750 §2.1), the scheme in any case.
    private static func bearerRange(_ value: Span<UInt8>) -> Range<Int>? {
        guard value.count > 7, value.extracting(0..<6).isEqualIgnoringCase(to: "bearer"),
            value[6] == UInt8(ascii: " ")
        else { return nil }
        var start = 7
        while start < value.count, value[start] == UInt8(ascii: " ") {
            start += 1
        }
        return start < value.count ? start..<value.count : nil
    }

    private struct HeaderPlace {
        /// The place, or `nil` where the field stands more than once.
        var single: TokenPlace?
    }

    private static func headerPlace(
        _ fields: FieldBlock,
        _ header: String
    ) -> HeaderPlace? {
        let name = header.utf8.span
        var place: HeaderPlace?
        for index in 0..<fields.count where fields.name(at: index).isEqualIgnoringCase(to: name) {
            let length = fields.value(at: index).count
            guard length > 0 else { continue }
            if place != nil { return HeaderPlace(single: nil) }
            place = HeaderPlace(
                single: TokenPlace(source: .header, field: index, range: 0..<length)
            )
        }
        return place
    }

    /// The place of the token in `bearer, TOKEN`: the protocol after the word.
    private static func protocolRange(_ value: Span<UInt8>) -> Range<Int>? {
        guard let comma = value.firstIndex(of: UInt8(ascii: ",")),
            value.extracting(0..<comma).trimmingBlanks().isEqualIgnoringCase(to: "bearer")
        else { return nil }
        var start = comma + 1
        while start < value.count, value[start] == 0x20 || value[start] == 0x09 {
            start += 1
        }
        var end = value.firstIndex(of: UInt8(ascii: ","), from: start) ?? value.count
        while end > start, value[end - 1] == 0x20 || value[end - 1] == 0x09 {
            end -= 1
        }
        return start < end ? start..<end : nil
    }

    private static func cookiePlace(
        _ fields: FieldBlock,
        _ cookie: String
    ) -> Outcome {
        let name = cookie.utf8.span
        var found: TokenPlace?
        var field = fields.first(.cookie)
        while let index = field {
            let occurrences = CookieHeader.occurrences(of: name, in: fields.value(at: index))
            if occurrences > 1 || occurrences == 1 && found != nil { return .ambiguous }
            if let range = CookieHeader.range(of: name, in: fields.value(at: index)),
                !range.isEmpty
            {
                found = TokenPlace(source: .cookie, field: index, range: range)
            }
            field = fields.next(.cookie, after: index)
        }
        return found.map { .found($0) } ?? .none
    }
}
