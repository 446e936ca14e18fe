/// What makes the bytes of a peer no message of HTTP/1.1.
///
/// Every fault loses the framing: the connection is answered once, if it is a request's, and closed.
/// For a response the same faults are the upstream's, and the peer sees a 502.
public enum ParseFault: Error, Hashable, Sendable, CaseIterable {
    /// A carriage return that no line feed follows.
    case bareCarriageReturn
    /// A line feed that no carriage return precedes.
    case bareLineFeed
    /// A body that ends elsewhere than its `Content-Length` said (RFC 9113 §8.1.1).
    case bodyLength
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
    /// `:authority` and `Host` that name different hosts (RFC 9113 §8.3.1).
    case conflictingHost
    /// A field of HTTP/1's connections in HTTP/2: `Connection` and its kin, `Transfer-Encoding`, a `TE`
    /// other than `trailers` (RFC 9113 §8.2.2).
    case connectionField
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
    /// A value with a blank at either end, in HTTP/2 (RFC 9113 §8.2.1).
    case malformedFieldValue
    /// A `Host`, or an authority in the target, that is no host and port.
    case malformedHost
    /// A method that is no token.
    case malformedMethod
    /// A pseudo-header that is unknown, repeated, after a field, in trailers, or has a value that it
    /// cannot have (RFC 9113 §8.3).
    case malformedPseudoField
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
    /// No pseudo-header where one must be (RFC 9113 §8.3.1, §8.3.2).
    case missingPseudoField
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
    /// A `:protocol` other than `websocket` (RFC 8441 §4).
    case unknownProtocol
    /// A version of HTTP that is not spoken here.
    case unsupportedVersion
    /// A name with a letter in upper case, in HTTP/2 (RFC 9113 §8.2.1).
    case upperCaseFieldName

    /// The word of the closed list of details, for the log, `explain` and hints.
    public var detail: StaticString {
        switch self {
        case .bareCarriageReturn: "head.bare_cr"
        case .bareLineFeed: "head.bare_lf"
        case .bodyLength: "body.length"
        case .chunkExtension, .chunkExtensionTooLong: "chunk.extension"
        case .chunkSize, .chunkSizeOverflow: "chunk.size"
        case .chunkUnterminated: "chunk.end"
        case .conflictingHost, .duplicateHost, .malformedHost, .missingHost: "head.host"
        case .connectionField: "head.connection_field"
        case .controlCharacter: "head.control"
        case .duplicateContentLength, .malformedContentLength: "head.content_length"
        case .duplicateTransferEncoding, .transferEncodingInHTTP10, .unknownTransferEncoding:
            "head.transfer_encoding"
        case .framingConflict: "head.framing"
        case .headTooLarge: "head.size"
        case .headTruncated: "head.truncated"
        case .http2Preface: "head.http2_preface"
        case .informationalFlood: "head.informational"
        case .malformedFieldName: "head.field_name"
        case .malformedFieldValue: "head.field_value"
        case .malformedMethod: "head.method"
        case .malformedPseudoField, .missingPseudoField: "head.pseudo"
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
        case .unknownProtocol: "head.protocol"
        case .upperCaseFieldName: "head.upper_case"
        }
    }

    /// What a client is answered, before its connection is closed.
    public var status: Int {
        switch self {
        case .headTooLarge, .tooManyFields, .trailerTooLarge: 431
        case .targetTooLong: 414
        case .unknownExpectation: 417
        case .http2Preface, .unsupportedVersion: 505
        case .bareCarriageReturn, .bareLineFeed, .bodyLength, .chunkExtension,
            .chunkExtensionTooLong, .chunkSize, .chunkSizeOverflow, .chunkUnterminated,
            .conflictingHost, .connectionField, .controlCharacter,
            .duplicateContentLength, .duplicateHost, .duplicateTransferEncoding, .framingConflict,
            .headTruncated, .informationalFlood, .malformedContentLength, .malformedFieldName,
            .malformedFieldValue, .malformedHost, .malformedMethod, .malformedPseudoField,
            .malformedRequestLine, .malformedStatusLine,
            .malformedTarget, .malformedTrailer, .malformedVersion, .missingHost,
            .missingPseudoField, .obsoleteFold,
            .spaceBeforeColon, .transferEncodingInHTTP10, .unexpectedUpgrade,
            .unknownProtocol, .unknownTransferEncoding, .upperCaseFieldName:
            400
        }
    }
}
