import Bytes

/// A signed token in compact form (RFC 7515 §7.1), taken apart but not yet read.
///
/// Only the shape is known: three parts, the first two of them canonical base64url. The third part
/// is decoded as far as it goes, so that the token of `alg` `none`, which has an empty one, is seen
/// for what it is; ``checkSignatureCoding()`` is a check of its own.
public struct CompactToken: Sendable {
    /// The token as it came.
    public let bytes: [UInt8]
    /// The decoded first part.
    public let headerBytes: [UInt8]
    /// The decoded second part; may be empty, which is no JSON.
    public let claimsBytes: [UInt8]
    /// The decoded third part, or `nil` where it is not canonical base64url.
    public let signature: [UInt8]?
    private let signedCount: Int

    /// Takes a token apart.
    ///
    /// - Throws: ``TokenFault/Cause/tokenTooLarge``, ``TokenFault/Cause/tokenEncrypted`` for five
    ///   parts, and ``TokenFault/Cause/tokenMalformed`` for any other number or coding.
    public init(_ bytes: Span<UInt8>, sizeMax: Int) throws(TokenFault) {
        guard bytes.count <= sizeMax else { throw TokenFault(.tokenTooLarge, .tokenSize) }
        guard bytes.count > 0 else { throw TokenFault(.tokenMalformed, .tokenEmpty) }
        let dot = UInt8(ascii: ".")
        guard let first = bytes.firstIndex(of: dot),
            let second = bytes.firstIndex(of: dot, from: first + 1)
        else { throw TokenFault(.tokenMalformed, .tokenParts) }
        if let third = bytes.firstIndex(of: dot, from: second + 1) {
            throw Self.faultOfMoreParts(bytes, thirdDot: third)
        }
        guard let header = Base64URL.decode(bytes.extracting(0..<first)) else {
            throw TokenFault(.tokenMalformed, .base64Header)
        }
        guard let claims = Base64URL.decode(bytes.extracting(first + 1..<second)) else {
            throw TokenFault(.tokenMalformed, .base64Claims)
        }
        self.bytes = bytes.copied()
        headerBytes = header
        claimsBytes = claims
        signature = Base64URL.decode(bytes.extracting(second + 1..<bytes.count))
        signedCount = second
    }

    /// What the signature is made over: the first two parts as they came, and the dot between.
    public var signingInput: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span.extracting(0..<signedCount) }
    }

    /// Whether there is nothing after the second dot.
    public var hasEmptySignature: Bool { bytes.count == signedCount + 1 }

    /// Refuses a third part that is not canonical base64url; an empty one passes.
    ///
    /// - Throws: ``TokenFault/Cause/signatureMalformed``.
    public func checkSignatureCoding() throws(TokenFault) {
        guard signature != nil else { throw TokenFault(.signatureMalformed, .base64Signature) }
    }

    /// Five parts are how an encrypted token looks (RFC 7516 §3.1); four, or more, are nothing.
    private static func faultOfMoreParts(_ bytes: Span<UInt8>, thirdDot: Int) -> TokenFault {
        let dot = UInt8(ascii: ".")
        guard let fourth = bytes.firstIndex(of: dot, from: thirdDot + 1),
            bytes.firstIndex(of: dot, from: fourth + 1) == nil
        else { return TokenFault(.tokenMalformed, .tokenParts) }
        return TokenFault(.tokenEncrypted, .tokenParts)
    }

    /// The deepest nesting in header or claims: chosen, as real tokens have four levels at most.
    internal static let depthMax = 16
}

extension CompactToken: CustomStringConvertible, CustomReflectable {
    /// The fingerprint: never the token.
    public var description: String {
        "(token \(TokenFingerprint.text(of: bytes.span).span.text()))"
    }

    /// Never the token.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
