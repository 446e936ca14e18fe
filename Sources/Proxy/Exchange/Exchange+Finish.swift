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
        describe(head, status: status, nanoseconds: nanoseconds, in: &record)
        log.append(record)
    }

    /// Sets every field of the line, in one access to the record.
    private func describe(
        _ head: RequestHead,
        status: Int,
        nanoseconds: Int64,
        in record: inout AccessRecord
    ) {
        record.set(.time, number: worker.loop.wallTime.nanosecondsSince1970)
        set(.requestID, requestID, in: &record)
        set(.client, clientText, in: &record)
        describeRequest(head, in: &record)
        record.set(.status, number: Int64(status))
        if let grpcStatus {
            record.set(.grpcStatus, number: Int64(grpcStatus))
        }
        describeDecision(in: &record)
        describeIdentity(in: &record)
        describeTransfer(nanoseconds, in: &record)
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
        // Its place in the exchange's own conf: a reload may have given the group another.
        guard group != nil, case .forward(let upstream)? = route?.settings.action else { return }
        if let failure {
            metrics.upstreamFailed(upstream: upstream, cause: failure.index)
        }
        if let firstByteAt, let requestSentAt {
            metrics.upstreamAnswered(
                upstream: upstream,
                firstByteNanoseconds: firstByteAt.nanoseconds(since: requestSentAt)
            )
        }
    }

    /// Whether a response was begun, so that its status is what the peer saw.
    private var machineAnswered: Bool { answer != nil || firstByteAt != nil }

    private func describeRequest(_ head: RequestHead, in record: inout AccessRecord) {
        record.set(.method, head.methodBytes)
        record.set(.host, head.host)
        record.set(.path, head.pathBytes)
        if head.hasQuery {
            worker.withScratch { text in
                text.append(UInt8(ascii: "?"))
                appendRedacted(head.queryBytes, to: &text)
                record.append(.path, text.span)
            }
        }
        record.set(.protocolName, literal: head.version.text)
        if let version = downstream?.tlsVersionName, version.utf8CodeUnitCount > 0 {
            record.set(.tlsVersion, literal: version)
        }
        if let endpoint {
            record.set(.route, literal: endpoint.endpoint.name)
        } else if let route {
            set(.route, route.name, in: &record)
        }
        if let field = head.fields.first(.userAgent) {
            record.set(.userAgent, head.fields.value(at: field))
        }
        if let field = head.fields.first(.referer) {
            describeReferer(head.fields.value(at: field), in: &record)
        }
    }

    private func describeReferer(_ value: Span<UInt8>, in record: inout AccessRecord) {
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
    private func describeNote(_ note: ControlNote, in record: inout AccessRecord) {
        setUnlessEmpty(.oauthError, note.error, in: &record)
        setUnlessEmpty(.detail, note.detail, in: &record)
        setUnlessEmpty(.clientID, note.clientID, in: &record)
        guard !note.subject.isEmpty else { return }
        record.set(.verified, flag: true)
        set(.subject, note.subject, in: &record)
    }

    private func describeDecision(in record: inout AccessRecord) {
        if case .control(let response) = answer {
            return describeNote(response.note, in: &record)
        }
        guard let refusal else {
            record.set(.decision, literal: "allow")
            return
        }
        record.set(.decision, literal: isShadowed ? "would_refuse" : "refuse")
        record.set(.reason, literal: refusal.reason.word)
        setUnlessEmpty(.detail, refusal.detail, in: &record)
        if refusal.reason == .scopeInsufficient, let rule, let token {
            set(.scopesMissing, AccessEvaluator.missingScopes(rule, token), in: &record)
        }
    }

    private func describeIdentity(in record: inout AccessRecord) {
        if let token {
            record.set(.verified, flag: true)
            set(.issuer, token.issuerIdentifier, in: &record)
            set(.subject, token.subject, in: &record)
            set(.keyID, token.keyID, in: &record)
            set(.algorithm, token.algorithm, in: &record)
            set(.tokenFingerprint, token.fingerprint, in: &record)
        } else if let hearsay {
            record.set(.verified, flag: false)
            set(.issuer, hearsay.issuer, in: &record)
            set(.subject, hearsay.subject, in: &record)
            set(.keyID, hearsay.keyID, in: &record)
            set(.algorithm, hearsay.algorithm, in: &record)
            set(.tokenFingerprint, hearsay.fingerprint, in: &record)
        }
    }

    private func setUnlessEmpty(_ key: RecordKey, _ text: String, in record: inout AccessRecord) {
        if !text.isEmpty {
            set(key, text, in: &record)
        }
    }

    private func set(_ key: RecordKey, _ text: String?, in record: inout AccessRecord) {
        guard let text else { return }
        record.set(key, text.utf8.span)
    }

    private func set(_ key: RecordKey, _ bytes: [UInt8], in record: inout AccessRecord) {
        record.set(key, bytes.span)
    }

    private func describeTransfer(_ nanoseconds: Int64, in record: inout AccessRecord) {
        record.set(.bytesReceived, number: bytesReceived)
        record.set(.bytesSent, number: bytesSent)
        record.set(.duration, number: nanoseconds)
        if let target {
            set(.upstream, target.name, in: &record)
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
