import CCurl
import Glibc

/// Where a request goes, read by libcurl's own parser so that no second reading can differ from it,
/// and held against what the request allows.
struct OutboundTarget {
    /// Which addresses may be connected to.
    let addressRule: AddressRule
    /// Whether a proxy of the environment is passed by: for loopback and pinned addresses.
    let bypassesProxy: Bool
    /// Whether it is spoken to without TLS.
    let isPlain: Bool

    /// Reads and judges the target of `request`.
    ///
    /// - Throws: ``OutboundFault/requestMalformed(detail:)`` and ``OutboundFault/plaintextRefused``;
    ///   neither is worth another try.
    init(_ request: OutboundRequest) throws(OutboundFault) {
        let (scheme, host) = try Self.parse(request.url)
        isPlain = scheme == "http"
        guard isPlain || scheme == "https" else {
            throw .requestMalformed(detail: "the scheme is neither https nor http")
        }
        if let text = request.pinnedAddress {
            guard let pinned = AddressRule.literal(text) else {
                throw .requestMalformed(detail: "the pinned address is not an address")
            }
            addressRule = .pinned(pinned)
            bypassesProxy = true
            return
        }
        let isLoopback =
            host.lowercased() == "localhost"
            || AddressRule.literal(host).map(AddressRule.isLoopback) ?? false
        guard !isPlain || request.allowsPlainHTTP && isLoopback else {
            throw .plaintextRefused
        }
        addressRule = isPlain ? .loopback : .any
        bypassesProxy = isLoopback
    }

    /// The scheme and the host of an address.
    private static func parse(_ url: String) throws(OutboundFault) -> (String, String) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .requestMalformed(detail: "the address has a byte that no URL has")
        }
        // SAFETY: the handle lives from here to the deferred clean-up and never leaves this function.
        guard let handle = unsafe curl_url() else {
            throw .internalFailure(detail: "no memory for a URL")
        }
        defer { unsafe curl_url_cleanup(handle) }
        let flags = UInt32(CURLU_DISALLOW_USER)
        guard unsafe curl_url_set(handle, CURLUPART_URL, url, flags) == CURLUE_OK,
            let scheme = unsafe part(CURLUPART_SCHEME, of: handle),
            let host = unsafe part(CURLUPART_HOST, of: handle)
        else {
            throw .requestMalformed(detail: "the address is not a URL without user information")
        }
        return (scheme, host)
    }

    /// One part of a parsed URL.
    ///
    /// SAFETY: libcurl hands out a terminated copy, which is read before it is freed.
    @unsafe
    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text = unsafe text
        else {
            return nil
        }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }
}
