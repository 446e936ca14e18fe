import CCurl
import Glibc

/// One request under way: libcurl's easy handle, what it points to, and what has arrived.
///
/// Lives on the transfer thread only. It must outlive its handle's stay in the multi handle, which
/// ``TransferLoop`` sees to by keeping it in its table until it has taken the handle out.
@safe
final class Transfer {
    // SAFETY: all pointers are made in `init`, owned by this object alone, and freed in `deinit`, the
    // handle first because it refers to the others. libcurl copies the texts it is given; lists and the
    // error buffer it does not, therefore they are kept here.
    /// libcurl's handle of the transfer.
    let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var fieldList: UnsafeMutablePointer<curl_slist>?
    private var addressList: UnsafeMutablePointer<curl_slist>?
    private let target: OutboundTarget
    private let responseSizeMax: Int
    private let responseHeadSizeMax: Int
    private let version: OutboundVersion
    private var received = Reception()

    /// Prepares a transfer, and does not start it.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - timeout: What is left of the request's time.
    ///   - limits: The client's bounds.
    ///   - userAgent: The client's name.
    /// - Throws: What the request itself is at fault for, or libcurl's lack of memory.
    init(
        _ request: OutboundRequest,
        timeout: Duration,
        limits: OutboundLimits,
        userAgent: String
    ) throws(OutboundFault) {
        target = try OutboundTarget(request)
        try Self.check(request)
        guard let handle = unsafe curl_easy_init() else {
            throw .internalFailure(detail: "no memory for a transfer")
        }
        unsafe self.handle = unsafe handle
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        responseSizeMax = request.responseSizeMax
        responseHeadSizeMax = limits.responseHeadSizeMax
        version = request.version
        try setUpSafety(request)
        try setUpTimes(timeout, connectTimeout: limits.connectTimeout)
        try setUpMessage(request, userAgent: userAgent)
        try setUpReception()
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(fieldList)
        unsafe curl_slist_free_all(addressList)
        unsafe errorText.deallocate()
    }

    /// The address of ``handle``, as a number to find the transfer by.
    var number: UInt { unsafe UInt(bitPattern: handle) }

    /// What became of the transfer, once libcurl says that it is done.
    func outcome(_ code: CURLcode) -> Result<OutboundResponse, OutboundFault> {
        guard code == CURLE_OK else { return .failure(fault(code)) }
        // libcurl takes a head that stops before its blank line for a response without a body.
        guard received.isHeadComplete else { return .failure(.responseTruncated) }
        // Where ALPN agrees on nothing, libcurl goes on in HTTP/1.1.
        guard version != .http2 || isHTTP2 else { return .failure(.protocolRefused) }
        var status = 0
        _ = unsafe gatehouse_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return .success(
            OutboundResponse(
                status: status,
                headers: received.headers,
                body: received.body,
                trailers: received.trailers
            )
        )
    }

    private var isHTTP2: Bool {
        var spoken = 0
        _ = unsafe gatehouse_curl_get_long(handle, CURLINFO_HTTP_VERSION, &spoken)
        return spoken == Version.http2
    }

    /// Takes one line of a head.
    ///
    /// - Returns: Whether the transfer goes on.
    fileprivate func headLineArrived(_ line: [UInt8]) -> Bool {
        received.headSize += line.count
        guard received.headSize <= responseHeadSizeMax else {
            received.overflow = responseHeadSizeMax
            return false
        }
        received.take(line)
        return true
    }

    /// Takes a piece of the body.
    ///
    /// - Returns: Whether the transfer goes on.
    fileprivate func bodyArrived(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= responseSizeMax - received.body.count else {
            received.overflow = responseSizeMax
            return false
        }
        unsafe received.body.append(contentsOf: bytes)
        return true
    }

    /// Makes the socket that libcurl is about to connect, or refuses to (-1).
    ///
    /// Asked after the name was resolved: what counts is the address, 4 or 16 bytes.
    func openSocket(family: Int32, type: Int32, transport: Int32, address: [UInt8]) -> Int32 {
        guard target.addressRule.permits(address) else {
            received.isAddressRefused = true
            return -1
        }
        return socket(family, type | Int32(SOCK_CLOEXEC.rawValue), transport)
    }
}

extension Transfer {
    /// What cannot be said in a request without changing what it means.
    private static func check(_ request: OutboundRequest) throws(OutboundFault) {
        let isMethod =
            !request.method.isEmpty && request.method.utf8.allSatisfy { (0x41...0x5A) ~= $0 }
        guard isMethod else {
            throw .requestMalformed(detail: "the method is not upper-case letters")
        }
        for header in request.headers {
            let isName =
                !header.name.isEmpty
                && header.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
            let isValue = header.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            guard isName, isValue else {
                throw .requestMalformed(detail: "a field has a byte that no field has")
            }
        }
        guard request.responseSizeMax >= 0 else {
            throw .requestMalformed(detail: "the size limit is negative")
        }
    }

    /// Where the transfer may go, and whom it believes.
    private func setUpSafety(_ request: OutboundRequest) throws(OutboundFault) {
        try set(CURLOPT_URL, text: request.url)
        try set(CURLOPT_PROTOCOLS_STR, text: "http,https")
        if let version = target.version(of: request) {
            try set(CURLOPT_HTTP_VERSION, version)
        }
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP09_ALLOWED, 0)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        // TLS 1.2 at least: the value of CURL_SSLVERSION_TLSv1_2, which Swift sees as an enum of C.
        try set(CURLOPT_SSLVERSION, 6)
        // A name server that does not answer must not hold up the one thread when a transfer that
        // waits for it is ended: its resolving thread is left to finish alone.
        try set(CURLOPT_QUICK_EXIT, 1)
        if let path = request.trustedCertificatesPath {
            try set(CURLOPT_CAINFO, text: path)
        }
        if target.bypassesProxy {
            try set(CURLOPT_PROXY, text: "")
        }
        if let address = request.pinnedAddress {
            let isIPv6 = address.contains(":") && !address.hasPrefix("[")
            unsafe addressList = try list([isIPv6 ? "::[\(address)]:" : "::\(address):"])
            try check(unsafe gatehouse_curl_set_list(handle, CURLOPT_CONNECT_TO, addressList))
        }
        if !request.reusesConnections {
            try set(CURLOPT_FRESH_CONNECT, 1)
            try set(CURLOPT_FORBID_REUSE, 1)
        }
        try check(unsafe gatehouse_curl_set_socket_opener(handle, openSocketOfTransfer))
        try check(
            unsafe gatehouse_curl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, unmanagedSelf)
        )
    }

    /// How long it may take.
    private func setUpTimes(
        _ timeout: Duration,
        connectTimeout: Duration
    ) throws(OutboundFault) {
        // Zero would mean for ever.
        try set(CURLOPT_TIMEOUT_MS, max(1, timeout.wholeMilliseconds))
        let connect = min(timeout, connectTimeout)
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, connect.wholeMilliseconds))
    }

    /// What is sent.
    private func setUpMessage(
        _ request: OutboundRequest,
        userAgent: String
    ) throws(OutboundFault) {
        try set(CURLOPT_USERAGENT, text: userAgent)
        if request.method == "HEAD" {
            try set(CURLOPT_NOBODY, 1)
        } else if request.body.isEmpty, request.method != "POST" {
            try set(CURLOPT_HTTPGET, 1)
        } else {
            try set(CURLOPT_POST, 1)
            let size = request.body.count
            try check(unsafe gatehouse_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, size))
            let body = request.body
            let code = unsafe body.withUnsafeBytes { bytes in
                unsafe gatehouse_curl_set_bytes(handle, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress)
            }
            try check(code)
        }
        if request.method != "HEAD" {
            try set(CURLOPT_CUSTOMREQUEST, text: request.method)
        }
        // `Name;` is libcurl's way to write a field without a value; `Expect:` takes one away: the wait
        // for `100 Continue` would cost a round trip for bodies of a few hundred bytes.
        let lines = request.headers.map { header in
            header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
        }
        unsafe fieldList = try list(lines + ["Expect:"])
        try check(unsafe gatehouse_curl_set_list(handle, CURLOPT_HTTPHEADER, fieldList))
    }

    /// Where what arrives goes.
    private func setUpReception() throws(OutboundFault) {
        let limit = responseSizeMax
        // Zero would mean no limit; the count in `bodyArrived` still holds.
        try check(unsafe gatehouse_curl_set_size(handle, CURLOPT_MAXFILESIZE_LARGE, max(1, limit)))
        try check(unsafe gatehouse_curl_set_receiver(handle, CURLOPT_WRITEFUNCTION, receiveBody))
        try check(unsafe gatehouse_curl_set_receiver(handle, CURLOPT_HEADERFUNCTION, receiveHead))
        for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA] {
            try check(unsafe gatehouse_curl_set_pointer(handle, option, unmanagedSelf))
        }
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try check(unsafe gatehouse_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText))
    }

    /// This object as libcurl hands it back to the callbacks.
    ///
    /// SAFETY: not retained: callbacks run only while the handle is in the multi handle, and the
    /// loop's table retains this object for longer than that.
    private var unmanagedSelf: UnsafeMutableRawPointer {
        unsafe Unmanaged.passUnretained(self).toOpaque()
    }

    private func set(_ option: CURLoption, _ value: Int) throws(OutboundFault) {
        try check(unsafe gatehouse_curl_set_long(handle, option, value))
    }

    private func set(_ option: CURLoption, text: String) throws(OutboundFault) {
        try check(unsafe gatehouse_curl_set_text(handle, option, text))
    }

    /// A list for libcurl, which does not copy it: to be freed by the caller.
    private func list(
        _ lines: [String]
    ) throws(OutboundFault) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = unsafe curl_slist_append(list, line) else {
                unsafe curl_slist_free_all(list)
                throw .internalFailure(detail: "no memory for a list")
            }
            unsafe list = unsafe longer
        }
        return unsafe list
    }

    private func check(_ code: CURLcode) throws(OutboundFault) {
        guard code == CURLE_OK else {
            throw .internalFailure(detail: "libcurl refused an option: \(describe(code))")
        }
    }
}

extension Transfer {
    /// Who is at fault for libcurl's code.
    private func fault(_ code: CURLcode) -> OutboundFault {
        if let limit = received.overflow {
            return .responseTooLarge(limit: limit)
        }
        if received.isAddressRefused {
            return .plaintextRefused
        }
        let detail = describe(code)
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return .nameUnresolved(detail: detail)
        case CURLE_COULDNT_CONNECT, CURLE_PROXY:
            return .peerUnreachable(detail: detail)
        case CURLE_OPERATION_TIMEDOUT:
            return .peerTooSlow(detail: detail)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
            return .peerUnverified(detail: detail)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER:
            return .tlsFailed(detail: detail)
        case CURLE_GOT_NOTHING, CURLE_HTTP2_STREAM, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            // Whatever a server answers that does not know our preface, libcurl says no more.
            let isUnheard = version == .http2 && target.isPlain && received.headSize == 0
            return .connectionLost(
                detail: isUnheard ? detail + " (does it speak HTTP/2 without TLS?)" : detail
            )
        case CURLE_PARTIAL_FILE:
            return .responseTruncated
        case CURLE_FILESIZE_EXCEEDED:
            return .responseTooLarge(limit: responseSizeMax)
        case CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2, CURLE_UNSUPPORTED_PROTOCOL,
            CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP3:
            return .responseMalformed(detail: detail)
        case CURLE_URL_MALFORMAT:
            return .requestMalformed(detail: detail)
        default:
            return .internalFailure(detail: detail)
        }
    }

    /// libcurl's own words about this transfer, else its words about the code.
    private func describe(_ code: CURLcode) -> String {
        let own = unsafe String(cString: errorText)
        guard own.isEmpty, let general = unsafe curl_easy_strerror(code) else { return own }
        return unsafe String(cString: general)
    }
}

/// Values of `CURL_HTTP_VERSION_...`, which Swift sees as an enum of C.
private enum Version {
    static let http11 = 2
    static let http2 = 3
    static let http2OverTLS = 4
    static let http2PriorKnowledge = 5
}

extension OutboundTarget {
    /// The value of `CURLOPT_HTTP_VERSION`, or `nil` for libcurl's own choice.
    fileprivate func version(of request: OutboundRequest) -> Int? {
        switch request.version {
        case .any: nil
        case .http11: Version.http11
        case .http2: isPlain ? Version.http2PriorKnowledge : Version.http2OverTLS
        }
    }
}

/// What has arrived of a response.
private struct Reception {
    var headers: [OutboundHeader] = []
    var body: [UInt8] = []
    var trailers: [OutboundHeader] = []
    var headSize = 0
    var isHeadComplete = false
    var isAddressRefused = false
    /// The limit that was passed.
    var overflow: Int?

    /// Takes one line of a head, its end of line included.
    ///
    /// A status line begins anew: the head before it was an informational one. What follows a
    /// complete head otherwise is a trailer.
    mutating func take(_ line: [UInt8]) {
        if line.starts(with: "HTTP/".utf8), isHeadComplete || headers.isEmpty {
            headers = []
            isHeadComplete = false
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            isHeadComplete = isHeadComplete || line.allSatisfy { $0 == 0x0D || $0 == 0x0A }
            return
        }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        var value = line[(colon + 1)...].drop(while: isBlank)
        while let last = value.last, isBlank(last) {
            value.removeLast()
        }
        let header = OutboundHeader(name: name, value: String(decoding: value, as: UTF8.self))
        if isHeadComplete {
            trailers.append(header)
        } else {
            headers.append(header)
        }
    }
}

extension Duration {
    /// Milliseconds, downwards, as many as fit.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        // A month is for ever here, and fits into libcurl's arithmetic.
        let most: Int64 = 2_592_000_000
        guard !overflow else { return seconds < 0 ? 0 : Int(most) }
        return Int(max(0, min(most, product + attoseconds / 1_000_000_000_000_000)))
    }
}

/// libcurl's call with a line of the head.
///
/// SAFETY: libcurl passes `size * count` readable bytes and the pointer that was set as the callback's
/// data, a live ``Transfer``.
private func receiveHead(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let line = unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: size * count))
    return transfer.headLineArrived(line) ? size * count : 0
}

/// libcurl's call with a piece of the body; as safe as ``receiveHead``.
private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer.bodyArrived(piece) ? size * count : -1
}

/// libcurl's call to make a socket, after the name was resolved.
///
/// SAFETY: the address is `addrlen` readable bytes that begin at its `addr` member, as libcurl's
/// documentation says; nothing beyond that count is read.
private func openSocketOfTransfer(
    _ context: UnsafeMutableRawPointer?,
    _ purpose: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context = unsafe context, let address = unsafe address,
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)
    else { return -1 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let length = unsafe Int(address.pointee.addrlen)
    let family = unsafe address.pointee.family
    let bytes = unsafe UnsafeRawBufferPointer(
        start: UnsafeRawPointer(address) + offset,
        count: length
    )
    // The address stands after family and port, in IPv6 after the flow label too.
    let range = family == AF_INET ? 4..<8 : 8..<24
    guard family == AF_INET || family == AF_INET6, length >= range.upperBound else { return -1 }
    return unsafe transfer.openSocket(
        family: family,
        type: address.pointee.socktype,
        transport: address.pointee.protocol,
        address: [UInt8](bytes[range])
    )
}
