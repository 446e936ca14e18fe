import Access
import Bytes
import Configuration
import EventLoop
import HTTP
import Telemetry

extension Exchange {
    /// Ends the exchange: connections given back or closed, metrics counted, the line written.
    func finish(isAborted: Bool) {
        withdrawErrand()
        worker.removeStream(self)
        if isAborted {
            releaseUpstream(reusable: false)
            downstream?.abort()
        }
        writeRecord(isAborted: isAborted)
    }

    private func writeRecord(isAborted: Bool) {
        let nanoseconds = worker.loop.now.nanoseconds(since: startedAt)
        let status = isAborted && !machineAnswered ? 499 : self.status
        count(status, nanoseconds)
        guard let log = worker.log, route?.settings.isLogged ?? true else { return }
        record.set(.time, number: worker.loop.wallTime.nanosecondsSince1970)
        let id = requestID
        record.set(.requestID, id.span)
        worker.withScratch { text in
            client.appendText(to: &text)
            record.set(.client, text.span)
        }
        recordRequest(head)
        record.set(.status, number: Int64(status))
        if let grpcStatus {
            record.set(.grpcStatus, number: Int64(grpcStatus))
        }
        recordDecision()
        recordIdentity()
        recordTransfer(nanoseconds)
        log.append(record)
    }

    private func count(_ status: Int, _ nanoseconds: Int64) {
        metrics.requestEnded(route: routeIndex, status: status, durationNanoseconds: nanoseconds)
        if let refusal {
            let reason = Int(refusal.reason.rawValue)
            if isShadowed {
                metrics.requestWouldBeRejected(reason: reason, issuer: token?.issuer)
            } else {
                metrics.requestRejected(reason: reason, issuer: token?.issuer)
            }
        }
        guard let group else { return }
        if let failure {
            metrics.upstreamFailed(upstream: group.index, cause: failure.index)
        }
        if let firstByteAt, let requestSentAt {
            metrics.upstreamAnswered(
                upstream: group.index,
                firstByteNanoseconds: firstByteAt.nanoseconds(since: requestSentAt)
            )
        }
    }

    /// Whether a response was begun, so that its status is what the peer saw.
    private var machineAnswered: Bool { answer != nil || firstByteAt != nil }

    private func recordRequest(_ head: RequestHead) {
        record.set(.method, head.methodBytes)
        record.set(.host, head.host)
        worker.withScratch { text in
            text.append(head.pathBytes)
            if head.hasQuery {
                text.append(UInt8(ascii: "?"))
                appendRedacted(head.queryBytes, to: &text)
            }
            record.set(.path, text.span)
        }
        record.set(.protocolName, literal: head.version.text)
        if let version = downstream?.tlsVersionName, version.utf8CodeUnitCount > 0 {
            record.set(.tlsVersion, literal: version)
        }
        if let endpoint {
            record.set(.route, literal: endpoint.endpoint.name)
        } else if let route {
            set(.route, route.name)
        }
        recordFields(head.fields)
    }

    private func recordFields(_ fields: FieldBlock) {
        if let field = fields.first(.userAgent) {
            record.set(.userAgent, fields.value(at: field))
        }
        guard let field = fields.first(.referer) else { return }
        let value = fields.value(at: field)
        guard let mark = value.firstIndex(of: UInt8(ascii: "?")) else {
            return record.set(.referer, value)
        }
        worker.withScratch { text in
            text.append(value.extracting(0...mark))
            appendRedacted(value.extracting((mark + 1)...), to: &text)
            record.set(.referer, text.span)
        }
    }

    /// Of the queries of our own endpoints only what is known to be harmless is shown.
    private func appendRedacted(_ query: Span<UInt8>, to text: inout [UInt8]) {
        if endpoint == nil {
            QueryRedaction.append(query, to: &text)
        } else {
            QueryRedaction.appendOfEndpoint(query, to: &text)
        }
    }

    /// What the authorization server says of its answer; a decision of ours it is not.
    private func recordNote(_ note: ControlNote) {
        setUnlessEmpty(.oauthError, note.error)
        setUnlessEmpty(.detail, note.detail)
        setUnlessEmpty(.clientID, note.clientID)
        guard !note.subject.isEmpty else { return }
        record.set(.verified, flag: true)
        set(.subject, note.subject)
    }

    private func setUnlessEmpty(_ key: RecordKey, _ text: String) {
        if !text.isEmpty {
            set(key, text)
        }
    }

    private func recordDecision() {
        if case .control(let response) = answer {
            return recordNote(response.note)
        }
        guard let refusal else {
            record.set(.decision, literal: "allow")
            return
        }
        record.set(.decision, literal: isShadowed ? "would_refuse" : "refuse")
        record.set(.reason, literal: refusal.reason.word)
        if !refusal.detail.isEmpty {
            set(.detail, refusal.detail)
        }
        if refusal.reason == .scopeInsufficient, let rule, let token {
            set(.scopesMissing, AccessEvaluator.missingScopes(rule, token))
        }
    }

    private func recordIdentity() {
        if let token {
            record.set(.verified, flag: true)
            set(.issuer, token.issuerIdentifier)
            set(.subject, token.subject)
            set(.keyID, token.keyID)
            set(.algorithm, token.algorithm)
            set(.tokenFingerprint, token.fingerprint)
        } else if let hearsay {
            record.set(.verified, flag: false)
            set(.issuer, hearsay.issuer)
            set(.subject, hearsay.subject)
            set(.keyID, hearsay.keyID)
            set(.algorithm, hearsay.algorithm)
            set(.tokenFingerprint, hearsay.fingerprint)
        }
    }

    private func set(_ key: RecordKey, _ text: String?) {
        guard let text else { return }
        record.set(key, text.utf8.span)
    }

    private func set(_ key: RecordKey, _ bytes: [UInt8]) {
        record.set(key, bytes.span)
    }

    private func recordTransfer(_ nanoseconds: Int64) {
        record.set(.bytesReceived, number: bytesReceived)
        record.set(.bytesSent, number: bytesSent)
        record.set(.duration, number: nanoseconds)
        if let target {
            set(.upstream, target.name)
        }
        if let connectStartedAt, let connectedAt {
            record.set(.upstreamConnect, number: connectedAt.nanoseconds(since: connectStartedAt))
        }
        if let firstByteAt, let requestSentAt {
            record.set(.firstByte, number: firstByteAt.nanoseconds(since: requestSentAt))
        }
        if let failure {
            record.set(.upstreamError, literal: failure.word)
        }
    }
}
