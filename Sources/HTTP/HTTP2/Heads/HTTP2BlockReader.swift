import Bytes

/// Collects the fields of one header block as they are decoded.
///
/// A connection has at most one block under way (RFC 9113 §4.3), so one reader serves it for ever.
internal struct HTTP2BlockReader {
    /// What the block is the head or tail of.
    internal private(set) var kind = Kind.none
    /// The stream's number in the ``HTTP2StreamTable``.
    internal private(set) var number = 0
    /// Why the block is beyond the limits, once it is; nothing more is collected then.
    internal private(set) var refusal: ParseFault?
    /// What made libnghttp2 refuse a field of it.
    internal var malformation: ParseFault?

    internal private(set) var authority: Range<Int>?
    internal private(set) var method: Range<Int>?
    internal private(set) var path: Range<Int>?
    internal private(set) var `protocol`: Range<Int>?
    internal private(set) var scheme: Range<Int>?
    internal private(set) var status = 0

    private let limits: HeadLimits
    private(set) var size = 0
    private var decodedSize = 0
    private var cookie: [UInt8] = []
    private var hasCookie = false
    private var isCookieNeverIndexed = false

    internal init(limits: HeadLimits) {
        self.limits = limits
    }

    /// Awaits the fields of a block.
    internal mutating func begin(_ kind: Kind, number: Int) {
        self.kind = kind
        self.number = number
        refusal = nil
        malformation = nil
        authority = nil
        method = nil
        path = nil
        `protocol` = nil
        scheme = nil
        status = 0
        size = 0
        decodedSize = 0
        cookie.removeAll(keepingCapacity: true)
        hasCookie = false
        isCookieNeverIndexed = false
    }

    /// Takes one decoded field, valid as libnghttp2 sees it.
    ///
    /// - Returns: Whether the block is still one that a peer in its senses could send.
    internal mutating func add(
        _ name: Span<UInt8>,
        _ value: Span<UInt8>,
        isNeverIndexed: Bool,
        to fields: inout FieldBlock
    ) -> Bool {
        // As RFC 9113 §6.5.2 counts: what a field costs a decoder.
        decodedSize += name.count + value.count + 32
        guard decodedSize <= limits.size * HTTP2FrameMeter.bombFactor else { return false }
        guard refusal == nil else { return true }
        size += name.count + value.count + 4
        if name.count > 0, name[0] == UInt8(ascii: ":") {
            addPseudoField(name, value, to: &fields)
        } else if name.isEqual(to: "cookie"), kind == .request {
            addCookie(value, isNeverIndexed: isNeverIndexed)
        } else if fields.count >= limits.fieldCount {
            refusal = .tooManyFields
        } else {
            fields.append(name: name, value: value, isNeverIndexed: isNeverIndexed)
        }
        if refusal == nil, size > limits.size {
            refusal = kind == .trailers ? .trailerTooLarge : .headTooLarge
        }
        return true
    }

    /// Adds the crumbs of the cookie as the one field that HTTP/1 knows (RFC 9113 §8.2.3).
    internal mutating func finishCookie(in fields: inout FieldBlock) {
        guard hasCookie else { return }
        fields.appendKnown(.cookie, value: cookie.span, isNeverIndexed: isCookieNeverIndexed)
    }

    private mutating func addPseudoField(
        _ name: Span<UInt8>,
        _ value: Span<UInt8>,
        to fields: inout FieldBlock
    ) {
        switch name.count {
        case 5:
            guard value.count <= limits.targetSize else {
                refusal = .targetTooLong
                return
            }
            path = fields.appendBytes(value)
        case 7:
            switch name[1] {
            case UInt8(ascii: "m"): method = fields.appendBytes(value)
            case UInt8(ascii: "s") where name[2] == UInt8(ascii: "c"):
                scheme = fields.appendBytes(value)
            default: status = Int(value.decimalValue() ?? 0)
            }
        case 9: `protocol` = fields.appendBytes(value)
        default: authority = fields.appendBytes(value)
        }
    }

    /// An empty crumb says nothing, and would leave a blank at an end.
    private mutating func addCookie(_ value: Span<UInt8>, isNeverIndexed: Bool) {
        if !cookie.isEmpty, value.count > 0 {
            cookie.append("; ")
        }
        hasCookie = true
        cookie.append(value)
        isCookieNeverIndexed = isCookieNeverIndexed || isNeverIndexed
    }
}

extension HTTP2BlockReader {
    /// What a header block can be.
    internal enum Kind: Equatable {
        /// Nobody's: the stream is gone.
        case none
        case request
        case response
        case trailers
    }
}
