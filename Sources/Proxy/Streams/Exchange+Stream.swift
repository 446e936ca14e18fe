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
        guard let token else { return true }
        let kind = streamKind
        let isLasting = responseHead.isUpgrade || isEventStream(responseHead.fields)
        guard isLasting || kind != nil, let settings = route?.settings, !settings.isShadow else {
            return true
        }
        if isLasting, let refusal = deathNotice(of: token, settings.tokenExpiry) {
            refuseStream(refusal)
            return false
        }
        guard let kind, token.own != nil || settings.tokenExpiry != .keep else { return true }
        follow(kind, token, settings.tokenExpiry)
        return true
    }

    /// Has a call end with its token whose request is a stream itself: its response may begin only
    /// when it is over.
    func followCall() {
        guard isGRPC, !isRequestComplete, head.version == .http2, let token,
            let settings = route?.settings, !settings.isShadow,
            token.own != nil || settings.tokenExpiry != .keep
        else { return }
        follow(.gRPC, token, settings.tokenExpiry)
    }

    private func follow(_ kind: StreamEnding.Kind, _ token: VerifiedToken, _ expiry: TokenExpiry) {
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
        let fields = responseHead.fields
        if responseHead.isUpgrade {
            guard let field = fields.first(.upgrade),
                fields.value(at: field).isEqualIgnoringCase(to: "websocket")
            else { return .tunnel }
            return .webSocket
        }
        switch responseHead.framing {
        case .length, .none: return nil
        case .chunked, .untilClose: break
        }
        // What is compressed cannot be given a last line.
        if isEventStream(fields), fields.first(.contentEncoding) == nil { return .eventStream }
        return head.version == .http2 && isGRPC ? .gRPC : .other
    }

    private func isEventStream(_ fields: FieldBlock) -> Bool {
        guard let field = fields.first(.contentType) else { return false }
        let value = fields.value(at: field)
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
