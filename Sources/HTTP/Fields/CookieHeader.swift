import Bytes

/// One `Cookie` field: pairs with a semicolon between them (RFC 6265 §4.2).
///
/// Names are compared exactly; values are given as sent, quotes included. A pair without `=` is a
/// cookie without a name, as browsers read it.
public enum CookieHeader {
    /// The value of the first cookie of that name.
    @_lifetime(copy field)
    public static func value(named name: Span<UInt8>, in field: Span<UInt8>) -> Span<UInt8>? {
        guard let range = range(of: name, in: field) else { return nil }
        return field.extracting(range)
    }

    /// Where the value of the first cookie of that name stands in the field.
    public static func range(of name: Span<UInt8>, in field: Span<UInt8>) -> Range<Int>? {
        var position = 0
        while let pair = nextPair(of: field, from: &position) {
            guard let start = valueStart(field.extracting(pair), named: name) else { continue }
            var first = pair.lowerBound + start
            while first < pair.upperBound, field[first] == 0x20 || field[first] == 0x09 {
                first += 1
            }
            return first..<pair.upperBound
        }
        return nil
    }

    /// How many cookies of the field have that name.
    ///
    /// Two are two answers to one question.
    public static func occurrences(of name: Span<UInt8>, in field: Span<UInt8>) -> Int {
        var total = 0
        var position = 0
        while let pair = nextPair(of: field, from: &position) {
            if valueStart(field.extracting(pair), named: name) != nil {
                total += 1
            }
        }
        return total
    }

    /// Appends the field without any cookie of that name, `; ` between the others.
    ///
    /// - Returns: How many cookies were written; with none the field is to be left out.
    @discardableResult
    public static func append(
        _ field: Span<UInt8>,
        without name: Span<UInt8>,
        to bytes: inout [UInt8]
    ) -> Int {
        append(field, to: &bytes) { !$0.isEqual(to: name) }
    }

    /// Appends the field without the cookies whose names are not wanted, `; ` between the others.
    ///
    /// - Parameters:
    ///   - field: The field's value.
    ///   - bytes: Where it goes.
    ///   - keeps: Told each name; a pair without one is kept.
    /// - Returns: How many cookies were written; with none the field is to be left out.
    @discardableResult
    public static func append(
        _ field: Span<UInt8>,
        to bytes: inout [UInt8],
        where keeps: (Span<UInt8>) -> Bool
    ) -> Int {
        var written = 0
        var position = 0
        while let range = nextPair(of: field, from: &position) {
            let pair = field.extracting(range)
            if let equals = pair.firstIndex(of: UInt8(ascii: "=")),
                !keeps(pair.extracting(0..<equals).trimmingBlanks())
            {
                continue
            }
            if written > 0 {
                bytes.append("; ")
            }
            bytes.append(pair)
            written += 1
        }
        return written
    }

    /// The next pair that is not empty, blanks around it left out.
    private static func nextPair(of field: Span<UInt8>, from position: inout Int) -> Range<Int>? {
        while position < field.count {
            let end = field.firstIndex(of: UInt8(ascii: ";"), from: position) ?? field.count
            var first = position
            var last = end
            position = end + 1
            while first < last, field[first] == 0x20 || field[first] == 0x09 {
                first += 1
            }
            while last > first, field[last - 1] == 0x20 || field[last - 1] == 0x09 {
                last -= 1
            }
            if first < last {
                return first..<last
            }
        }
        return nil
    }

    /// Where the value begins in a pair of that name.
    ///
    /// Blanks before `=` are left out, because some back ends read such a name without them.
    private static func valueStart(_ pair: Span<UInt8>, named name: Span<UInt8>) -> Int? {
        guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        return pair.extracting(0..<equals).trimmingBlanks().isEqual(to: name) ? equals + 1 : nil
    }
}
