import Configuration
import Outbound

/// Gets one issuer's key set from its place, discovered first where the conf does not name it.
struct KeySetFetcher: Sendable {
    /// Who carries the requests.
    let transport: any OutboundTransport
    /// The issuer's `iss`.
    let issuer: String
    /// The address of the set, or `nil` where it is discovered.
    let keysURL: String?
    /// Where to discover it, or `nil` for the issuer's well-known places.
    let discoveryURL: String?
    /// Bounds of one fetch, discovery included.
    let policy: KeySetPolicySettings

    /// Fetches and reads the set.
    ///
    /// A discovered address is used without another discovery while it is young; when discovery fails,
    /// the last one known is tried, so that one broken document does not take the keys away.
    ///
    /// - Parameters:
    ///   - recent: An address discovered a short time ago, which has worked since.
    ///   - last: The address discovered last, however long ago.
    /// - Returns: The set, or why there is none; with it the address if it was discovered now.
    @concurrent
    func fetch(recent: String?, last: String?) async -> Report {
        let deadline = ContinuousClock.now.advanced(by: policy.fetchTimeout)
        if let url = keysURL ?? recent {
            let isPlain = keysURL != nil || discoversInPlain
            return Report(
                await keySet(at: url, allowsPlain: isPlain, by: deadline),
                discovered: nil
            )
        }
        switch await discover(by: deadline, leavesTime: last != nil) {
        case .success(let url):
            let result = await keySet(at: url, allowsPlain: discoversInPlain, by: deadline)
            return Report(result, discovered: url)
        case .failure(let fault):
            guard let last else { return Report(.failure(fault), discovered: nil) }
            let result = await keySet(at: last, allowsPlain: discoversInPlain, by: deadline)
            return Report(result, discovered: nil)
        }
    }

    /// What a fetch came to.
    struct Report: Sendable {
        /// The set, or why there is none.
        let result: Result<FetchedKeySet, KeySetFetchFault>
        /// The address of the set, where it was discovered on the way.
        let discovered: String?

        /// Puts a report together.
        init(_ result: Result<FetchedKeySet, KeySetFetchFault>, discovered: String?) {
            self.result = result
            self.discovered = discovered
        }
    }

    private func keySet(
        at url: String,
        allowsPlain: Bool,
        by deadline: ContinuousClock.Instant
    ) async -> Result<FetchedKeySet, KeySetFetchFault> {
        await document(at: url, allowsPlain: allowsPlain, by: deadline).flatMap { bytes in
            Result { () throws(KeySetFetchFault) in try FetchedKeySet(bytes) }
        }
    }

    /// Asks the well-known places, one after the other, for the address of the keys.
    private func discover(
        by deadline: ContinuousClock.Instant,
        leavesTime: Bool
    ) async -> Result<String, KeySetFetchFault> {
        let now = ContinuousClock.now
        // Half is left for the address known from before.
        let end = leavesTime ? now.advanced(by: now.duration(to: deadline) / 2) : deadline
        var first: KeySetFetchFault?
        for url in discoveryURLs {
            let result = await document(at: url, allowsPlain: discoversInPlain, by: end)
                .flatMap { bytes in
                    Result { () throws(KeySetFetchFault) in
                        try DiscoveryDocument(bytes, issuer: issuer, url: url).keysURL
                    }
                }
            switch result {
            case .success: return result
            case .failure(let fault): first = first ?? fault
            }
        }
        let none = KeySetFetchFault.discoveryMalformed(detail: "the issuer is no URL", url: issuer)
        return .failure(first ?? none)
    }

    private var discoveryURLs: [String] {
        discoveryURL.map { [$0] } ?? DiscoveryDocument.wellKnownURLs(of: issuer)
    }

    /// Whether the document itself comes over plain http, from loopback: only then may the keys.
    ///
    /// A document that came over TLS cannot send the gateway to services of its own machine.
    private var discoversInPlain: Bool {
        discoveryURLs.contains { $0.lowercased().hasPrefix("http://") }
    }

    private func document(
        at url: String,
        allowsPlain: Bool,
        by deadline: ContinuousClock.Instant
    ) async -> Result<[UInt8], KeySetFetchFault> {
        let request = OutboundRequest(
            url: url,
            headers: [OutboundHeader(name: "Accept", value: "application/json")],
            timeout: ContinuousClock.now.duration(to: deadline),
            responseSizeMax: policy.fetchSize,
            allowsPlainHTTP: allowsPlain
        )
        switch await transport.result(of: request) {
        case .success(let response) where response.status == 200:
            return .success(response.body)
        case .success(let response):
            return .failure(.status(response.status, url: url))
        case .failure(let fault):
            return .failure(.outbound(fault, url: url))
        }
    }
}
