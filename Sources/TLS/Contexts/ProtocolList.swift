import Bytes

/// ALPN names in order of preference, in the form of the wire: each after one byte of length.
internal final class ProtocolList: Sendable {
    /// `protocol_name_list` of RFC 7301 §3.1.
    internal let wire: [UInt8]

    /// Encodes the names.
    ///
    /// - Throws: ``TLSFault/Cause/libraryFailure`` for a name that is empty or over 255 bytes.
    internal init(_ names: [String]) throws(TLSFault) {
        var wire: [UInt8] = []
        for name in names {
            guard let length = UInt8(exactly: name.utf8.count), length > 0 else {
                throw TLSFault(.libraryFailure)
            }
            wire.append(length)
            wire.append(contentsOf: name.utf8)
        }
        self.wire = wire
    }

    /// Whether no protocol is named.
    internal var isEmpty: Bool { wire.isEmpty }

    /// The place in a peer's offer of the name that we like best, or `nil` where none is ours.
    internal func firstMatch(in offer: Span<UInt8>) -> Range<Int>? {
        let wire = wire
        return Self.firstMatch(of: wire.span, in: offer)
    }

    private static func firstMatch(of wire: Span<UInt8>, in offer: Span<UInt8>) -> Range<Int>? {
        var ours = 0
        while let mine = name(at: ours, in: wire) {
            var theirs = 0
            while let other = name(at: theirs, in: offer) {
                if wire.extracting(mine).isEqual(to: offer.extracting(other)) { return other }
                theirs = other.upperBound
            }
            ours = mine.upperBound
        }
        return nil
    }

    private static func name(at place: Int, in list: Span<UInt8>) -> Range<Int>? {
        guard place < list.count else { return nil }
        let first = place + 1
        let last = first + Int(list[place])
        guard last <= list.count else { return nil }
        return first..<last
    }
}
