import Access
import Bytes
import Configuration
import EventLoop
import HTTP

// Responses without an end of their own: what was let through by a token ends with the token. What
// has a length ends by itself, and is left to: it may be the very page that says that one is signed
// out. On a shadow route nothing is ended.

extension Exchange {
    /// What the log says beside `token_expired` of a stream that was ended.
    static let expiredDetail = "stream.expired"
    /// The same beside `token_revoked`.
    static let revokedDetail = "stream.revoked"

    /// Looks at a response that is about to begin.
    ///
    /// - Returns: `false` where it would be a stream for a token that is dead by now; it is refused
    ///   instead.
    func mayBeginStream() -> Bool {
        guard let token, let kind = streamKind, let route, !route.settings.isShadow else {
            return true
        }
        let expiry = route.settings.tokenExpiry
        if isLasting(kind), let refusal = deathNotice(of: token, expiry) {
            refuseStream(refusal)
            return false
        }
        follow(kind, token, expiry)
        return true
    }

    /// Has a call end with its token whose request is a stream itself: its response may begin only
    /// when it is over.
    func followCall() {
        guard isGRPC, !isRequestComplete, head.version == .http2, let token, let route,
            !route.settings.isShadow
        else { return }
        follow(.gRPC, token, route.settings.tokenExpiry)
    }

    private func follow(_ kind: StreamEnding.Kind, _ token: VerifiedToken, _ expiry: TokenExpiry) {
        guard token.own != nil || expiry != .keep else { return }
        stream.ending.begin(kind)
        if kind == .webSocket {
            stream.webSocket = WebSocketTunnel()
        }
        worker.addStream(self)
        if expiry != .keep {
            worker.lookAtStreams(by: worker.moment(ofSecond: token.expiry))
        }
    }

    /// What the response is, or `nil` where it ends by itself.
    private var streamKind: StreamEnding.Kind? {
        if responseHead.isUpgrade { return isWebSocket ? .webSocket : .tunnel }
        switch responseHead.framing {
        case .length, .none: return nil
        case .chunked, .untilClose: break
        }
        // What is compressed cannot be given a last line.
        if isEventStream, responseHead.fields.first(.contentEncoding) == nil { return .eventStream }
        return isGRPC && head.version == .http2 ? .gRPC : .other
    }

    /// Whether it is meant to last, and not only long.
    private func isLasting(_ kind: StreamEnding.Kind) -> Bool {
        switch kind {
        case .eventStream, .tunnel, .webSocket: true
        case .gRPC, .other: isEventStream
        }
    }

    private var isWebSocket: Bool {
        guard let field = responseHead.fields.first(.upgrade) else { return false }
        return responseHead.fields.value(at: field).isEqualIgnoringCase(to: "websocket")
    }

    private var isEventStream: Bool {
        guard let field = responseHead.fields.first(.contentType) else { return false }
        let value = responseHead.fields.value(at: field)
        return value.count >= 17
            && value.extracting(0..<17).isEqualIgnoringCase(to: "text/event-stream")
    }

    /// Why the token is good no more, if it is not.
    private func deathNotice(of token: VerifiedToken, _ expiry: TokenExpiry) -> Refusal? {
        if worker.isRevoked(token) {
            return Refusal(.tokenRevoked, detail: Self.revokedDetail)
        }
        guard expiry != .keep, worker.now >= token.expiry else { return nil }
        return Refusal(.tokenExpired, detail: Self.expiredDetail)
    }

    /// Answers in place of a stream that was about to begin.
    private func refuseStream(_ refusal: Refusal) {
        self.refusal = refusal
        answer = .refusal(refusal)
        mustClose = true
        firstByteAt = nil
        releaseUpstream(reusable: false)
        perform(machine.answerChosen(isRequestOpen: !isRequestComplete))
    }
}
