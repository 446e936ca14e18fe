import Access
import Bytes
import EventLoop
import HTTP
import Telemetry

extension Exchange {
    /// Ends the exchange: connections given back or closed, metrics counted, the line written.
    func finish(isAborted: Bool) {
        withdrawErrand()
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
        record.set(.requestID, requestID.span)
        client.appendText(to: &worker.scratch)
        record.set(.client, worker.scratch.span)
        worker.scratch.removeAll(keepingCapacity: true)
        recordRequest()
        record.set(.status, number: Int64(status))
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

    private func recordRequest() {
        record.set(.method, head.methodBytes)
        record.set(.host, head.host)
        worker.scratch.append(head.pathBytes)
        if head.hasQuery {
            worker.scratch.append(UInt8(ascii: "?"))
            QueryRedaction.append(head.queryBytes, to: &worker.scratch)
        }
        record.set(.path, worker.scratch.span)
        worker.scratch.removeAll(keepingCapacity: true)
        record.set(.protocolName, literal: head.version.name)
        if let version = downstream?.tlsVersionName, version.utf8CodeUnitCount > 0 {
            record.set(.tlsVersion, literal: version)
        }
        if let route {
            record.set(.route, route.name.span)
        }
        if let field = head.fields.first(.userAgent) {
            record.set(.userAgent, head.fields.value(at: field))
        }
        if let field = head.fields.first(.referer) {
            let value = head.fields.value(at: field)
            if let mark = value.firstIndex(of: UInt8(ascii: "?")) {
                worker.scratch.append(value.extracting(0...mark))
                QueryRedaction.append(value.extracting((mark + 1)...), to: &worker.scratch)
                record.set(.referer, worker.scratch.span)
                worker.scratch.removeAll(keepingCapacity: true)
            } else {
                record.set(.referer, value)
            }
        }
    }

    private func recordDecision() {
        guard let refusal else {
            record.set(.decision, literal: "allow")
            return
        }
        record.set(.decision, literal: isShadowed ? "would_refuse" : "refuse")
        record.set(.reason, literal: refusal.reason.word)
        if !refusal.detail.isEmpty {
            record.set(.detail, refusal.detail.utf8.span)
        }
        if refusal.reason == .scopeInsufficient, let rule, let token {
            record.set(.scopesMissing, AccessEvaluator.missingScopes(rule, token).span)
        }
    }

    private func recordIdentity() {
        if let token {
            record.set(.verified, flag: true)
            record.set(.issuer, token.issuerIdentifier.span)
            record.set(.subject, token.subject.span)
            record.set(.keyID, token.keyID.span)
            record.set(.algorithm, token.algorithm.span)
            record.set(.tokenFingerprint, token.fingerprint.span)
        } else if let hearsay {
            record.set(.verified, flag: false)
            set(.issuer, hearsay.issuer)
            set(.subject, hearsay.subject)
            set(.keyID, hearsay.keyID)
            set(.algorithm, hearsay.algorithm)
            record.set(.tokenFingerprint, hearsay.fingerprint.span)
        }
    }

    private func set(_ key: RecordKey, _ text: String?) {
        guard let text else { return }
        record.set(key, text.utf8.span)
    }

    private func recordTransfer(_ nanoseconds: Int64) {
        record.set(.bytesReceived, number: bytesReceived)
        record.set(.bytesSent, number: bytesSent)
        record.set(.duration, number: nanoseconds)
        if let target {
            record.set(.upstream, target.name.span)
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
