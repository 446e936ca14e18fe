/// What makes the bytes of a peer no message of HTTP/1.1.
///
/// Every fault loses the framing: the connection is answered once, if it is a request's, and closed.
/// For a response the same faults are the upstream's, and the peer sees a 502.
public enum ParseFault: Error, Hashable, Sendable, CaseIterable {
    /// A carriage return that no line feed follows.
    case bareCarriageReturn
    /// A line feed that no carriage return precedes.
    case bareLineFeed
    /// A chunk extension with a byte that may not stand there.
    case chunkExtension
    /// More chunk extensions than anyone needs.
    case chunkExtensionTooLong
    /// A chunk size that is not 1 to 16 hexadecimal digits.
    case chunkSize
    /// A chunk size beyond what can be counted.
    case chunkSizeOverflow
    /// A chunk whose bytes no line end follows.
    case chunkUnterminated
    /// NUL, DEL or another control in a head.
    case controlCharacter
    /// A second `Content-Length`, even if equal.
    case duplicateContentLength
    /// A second `Host`.
    case duplicateHost
    /// A second `Transfer-Encoding`.
    case duplicateTransferEncoding
    /// Both `Content-Length` and `Transfer-Encoding`.
    case framingConflict
    /// More bytes of a head than the limit.
    case headTooLarge
    /// The peer closed in the middle of a head.
    case headTruncated
    /// The preface of HTTP/2 on a connection that speaks HTTP/1.
    case http2Preface
    /// More interim responses than anyone sends.
    case informationalFlood
    /// A `Content-Length` that is not a plain decimal number, without sign, list or leading zero.
    case malformedContentLength
    /// A line without a colon, or a name that is no token.
    case malformedFieldName
    /// A `Host`, or an authority in the target, that is no host and port.
    case malformedHost
    /// A method that is no token.
    case malformedMethod
    /// A first line that is not three parts with one space between them.
    case malformedRequestLine
    /// A first line that is no status line.
    case malformedStatusLine
    /// A target that is none of the four forms, or not the one of its method.
    case malformedTarget
    /// A trailer line that is no field.
    case malformedTrailer
    /// A version that is not spelt `HTTP/` digit `.` digit.
    case malformedVersion
    /// No `Host` in an HTTP/1.1 request.
    case missingHost
    /// A line that begins with a blank (`obs-fold`, RFC 9112 §5.2).
    case obsoleteFold
    /// A blank between a field's name and its colon (RFC 9112 §5.1).
    case spaceBeforeColon
    /// More bytes of a target than the limit.
    case targetTooLong
    /// More fields than the limit.
    case tooManyFields
    /// More bytes of trailers than the limit.
    case trailerTooLarge
    /// `Transfer-Encoding` in an HTTP/1.0 message (RFC 9112 §6.1).
    case transferEncodingInHTTP10
    /// A `101` that nobody asked for.
    case unexpectedUpgrade
    /// An `Expect` other than `100-continue`.
    case unknownExpectation
    /// A `Transfer-Encoding` other than a single `chunked`.
    case unknownTransferEncoding
    /// A version of HTTP that is not spoken here.
    case unsupportedVersion

    /// The word of the closed list of details, for the log, `explain` and hints.
    public var detail: StaticString {
        switch self {
        case .bareCarriageReturn: "head.bare_cr"
        case .bareLineFeed: "head.bare_lf"
        case .chunkExtension, .chunkExtensionTooLong: "chunk.extension"
        case .chunkSize, .chunkSizeOverflow: "chunk.size"
        case .chunkUnterminated: "chunk.end"
        case .controlCharacter: "head.control"
        case .duplicateContentLength, .malformedContentLength: "head.content_length"
        case .duplicateHost, .malformedHost, .missingHost: "head.host"
        case .duplicateTransferEncoding, .transferEncodingInHTTP10, .unknownTransferEncoding:
            "head.transfer_encoding"
        case .framingConflict: "head.framing"
        case .headTooLarge: "head.size"
        case .headTruncated: "head.truncated"
        case .http2Preface: "head.http2_preface"
        case .informationalFlood: "head.informational"
        case .malformedFieldName: "head.field_name"
        case .malformedMethod: "head.method"
        case .malformedRequestLine: "head.request_line"
        case .malformedStatusLine: "head.status_line"
        case .malformedTarget: "head.target"
        case .malformedTrailer: "chunk.trailer"
        case .malformedVersion, .unsupportedVersion: "head.version"
        case .obsoleteFold: "head.obs_fold"
        case .spaceBeforeColon: "head.space_before_colon"
        case .targetTooLong: "head.target_size"
        case .tooManyFields: "head.field_count"
        case .trailerTooLarge: "chunk.trailer_size"
        case .unexpectedUpgrade: "head.upgrade"
        case .unknownExpectation: "head.expect"
        }
    }

    /// What a client is answered, before its connection is closed.
    public var status: Int {
        switch self {
        case .headTooLarge, .tooManyFields, .trailerTooLarge: 431
        case .targetTooLong: 414
        case .unknownExpectation: 417
        case .http2Preface, .unsupportedVersion: 505
        case .bareCarriageReturn, .bareLineFeed, .chunkExtension, .chunkExtensionTooLong,
            .chunkSize, .chunkSizeOverflow, .chunkUnterminated, .controlCharacter,
            .duplicateContentLength, .duplicateHost, .duplicateTransferEncoding, .framingConflict,
            .headTruncated, .informationalFlood, .malformedContentLength, .malformedFieldName,
            .malformedHost, .malformedMethod, .malformedRequestLine, .malformedStatusLine,
            .malformedTarget, .malformedTrailer, .malformedVersion, .missingHost, .obsoleteFold,
            .spaceBeforeColon, .transferEncodingInHTTP10, .unexpectedUpgrade,
            .unknownTransferEncoding:
            400
        }
    }
}
