import Access
import Bytes
import Configuration
import HTTP

// Responses without an end of their own: what was let through by a token of our own ends when the
// token is revoked. What has a length ends by itself, and is left to: it may be the very page that
// says that one is signed out. On a shadow route nothing is ended.

extension Exchange {
    /// Looks at a response that is about to begin.
    ///
    /// - Returns: `false` where it would be a stream for a token that was revoked while the upstream
    ///   thought; it is refused instead.
    func mayBeginStream() -> Bool {
        guard let token, token.own != nil, route?.settings.isShadow == false else { return true }
        let isLasting = responseHead.isUpgrade || isEventStream
        guard isLasting || responseHead.framing == .chunked || responseHead.framing == .untilClose
        else { return true }
        if isLasting, worker.isRevoked(token) {
            refusal = Refusal(.tokenRevoked)
            answer = .refusal(Refusal(.tokenRevoked))
            mustClose = true
            firstByteAt = nil
            releaseUpstream(reusable: false)
            perform(machine.answerChosen(isRequestOpen: !isRequestComplete))
            return false
        }
        worker.addStream(self)
        return true
    }

    private var isEventStream: Bool {
        let fields = responseHead.fields
        guard let field = fields.first(.contentType) else { return false }
        let value = fields.value(at: field)
        return value.count >= 17
            && value.extracting(0..<17).isEqualIgnoringCase(to: "text/event-stream")
    }

    /// The token that let it through is dead.
    func tokenRevoked() {
        guard machine.isTunnelling || machine.isForwarding && machine.isResponseBegun else {
            return
        }
        refusal = Refusal(.tokenRevoked)
        perform(machine.peerLeft())
    }
}
