import Bytes
import Telemetry

/// One refused request, as the log tells it; texts are raw and go through ``TerminalText``.
internal struct Rejection {
    /// Whether the request passed because its route only watches.
    internal let isShadow: Bool
    internal let seconds: Int64?
    internal let reason: String
    internal let detail: String?
    internal let route: String
    internal let client: String
    internal let issuer: String?
    internal let subject: String?
    /// Whether issuer and subject were proven; otherwise they are the sender's word.
    internal let isVerified: Bool
    internal let status: String
    internal let method: String
    internal let host: String
    internal let path: String
    internal let requestID: String
    internal let scopesMissing: String?

    /// The refusal that a line tells of, or `nil` where it tells of none.
    internal init?(_ fields: LogLine, of line: Span<UInt8>) {
        let isRefused = fields.holds(.decision, "refuse", of: line)
        isShadow = fields.holds(.decision, "would_refuse", of: line)
        guard isRefused || isShadow else { return nil }
        seconds = fields.seconds(of: line)
        reason = fields.text(.reason, of: line) ?? "-"
        detail = fields.text(.detail, of: line)
        route = fields.text(.route, of: line) ?? "-"
        client = fields.text(.client, of: line) ?? "-"
        issuer = fields.text(.issuer, of: line)
        subject = fields.text(.subject, of: line)
        isVerified = fields.flag(.verified) ?? false
        status = fields.text(.status, of: line) ?? "-"
        method = fields.text(.method, of: line) ?? "-"
        host = fields.text(.host, of: line) ?? ""
        path = fields.text(.path, of: line) ?? "-"
        requestID = fields.text(.requestID, of: line) ?? "-"
        scopesMissing = fields.text(.scopesMissing, of: line)
    }

    /// What stands in the grouped column, or `nil` where the request has no such thing.
    internal func value(of grouping: RejectionReport.Grouping) -> String? {
        switch grouping {
        case .reason: reason
        case .route: route
        case .issuer: issuer
        case .client: client
        case .subject: subject
        }
    }

    /// The request on one line, without its time.
    internal var summary: String {
        var parts = [
            "\(safe(status)) \(safe(method)) \(safe(host, 60))\(safe(path, 120))",
            "client \(safe(client))",
        ]
        if let subject {
            parts.append("subject \(safe(subject, 60))\(isVerified ? "" : " (not verified)")")
        }
        if let issuer {
            parts.append("issuer \(safe(issuer, 80))\(isVerified ? "" : " (not verified)")")
        }
        if let scopesMissing {
            parts.append("scopes missing: \(safe(scopesMissing, 80))")
        }
        parts.append("request \(safe(requestID, 64))")
        return parts.joined(separator: "  ")
    }

    private func safe(_ text: String, _ width: Int = 80) -> String {
        TerminalText.safe(text, width: width)
    }
}

/// The refusals that one row of the table stands for.
internal struct RejectionGroup {
    internal private(set) var refusedCount = 0
    internal private(set) var shadowCount = 0
    internal private(set) var firstSeconds: Int64?
    internal private(set) var lastSeconds: Int64?
    /// The newest, which is the likeliest to be looked into.
    internal private(set) var example: Rejection
    /// How often each route was asked for; no more than eight are told apart.
    internal private(set) var routeCounts: [String: Int] = [:]
    internal private(set) var otherRouteCount = 0

    /// Begins a group with its first refusal.
    internal init(_ first: Rejection) {
        example = first
        add(first)
    }

    internal mutating func add(_ rejection: Rejection) {
        if rejection.isShadow {
            shadowCount += 1
        } else {
            refusedCount += 1
        }
        if let seconds = rejection.seconds {
            firstSeconds = min(firstSeconds ?? seconds, seconds)
            if seconds >= lastSeconds ?? seconds {
                example = rejection
            }
            lastSeconds = max(lastSeconds ?? seconds, seconds)
        }
        if let held = routeCounts[rejection.route] {
            routeCounts[rejection.route] = held + 1
        } else if routeCounts.count < 8 {
            routeCounts[rejection.route] = 1
        } else {
            otherRouteCount += 1
        }
    }

    internal var count: Int { refusedCount + shadowCount }

    /// The route asked for most often, and whether there were others.
    internal var routes: String {
        let first = routeCounts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "-"
        let others = routeCounts.count - 1
        let name = TerminalText.safe(first, width: 30)
        return others > 0 ? "\(name) +\(others)\(otherRouteCount > 0 ? " or more" : "")" : name
    }
}

/// Gathers refusals into groups, of which there may be only so many.
internal struct RejectionCollector {
    /// Groups whose key was proven, or is our own word.
    internal private(set) var groups: [Key: RejectionGroup] = [:]
    /// Groups whose key is the sender's word.
    internal private(set) var claimedGroups: [Key: RejectionGroup] = [:]
    internal private(set) var refusedCount = 0
    internal private(set) var shadowCount = 0
    /// Refusals that found no room for a group of their own.
    internal private(set) var ungroupedCount = 0
    internal private(set) var lineCount = 0
    internal private(set) var malformedCount = 0
    internal var skippedCount = 0
    private let sinceSeconds: Int64?
    private let grouping: RejectionReport.Grouping
    private var fields = LogLine()

    internal init(_ options: RejectionReport.Options) {
        sinceSeconds = options.sinceSeconds
        grouping = options.grouping
    }

    /// Looks at one line of the log.
    internal mutating func take(_ line: Span<UInt8>) {
        if let rejection = rejection(in: line) {
            add(rejection)
        }
    }

    /// The refusal that a line tells of, if it does and is not too old.
    internal mutating func rejection(in line: Span<UInt8>) -> Rejection? {
        guard line.count > 0 else { return nil }
        lineCount += 1
        guard fields.read(line) else {
            malformedCount += 1
            return nil
        }
        guard let rejection = Rejection(fields, of: line) else { return nil }
        if let sinceSeconds, let seconds = rejection.seconds, seconds < sinceSeconds { return nil }
        return rejection
    }

    private mutating func add(_ rejection: Rejection) {
        if rejection.isShadow {
            shadowCount += 1
        } else {
            refusedCount += 1
        }
        let value = rejection.value(of: grouping)
        let key = Key(value: value, reason: rejection.reason, detail: rejection.detail)
        let isClaim = (grouping == .issuer || grouping == .subject) && value != nil
        let isGrouped: Bool
        if isClaim, !rejection.isVerified {
            isGrouped = claimedGroups.add(rejection, key: key)
        } else {
            isGrouped = groups.add(rejection, key: key)
        }
        if !isGrouped {
            ungroupedCount += 1
        }
    }

    /// What a row stands for.
    internal struct Key: Hashable {
        /// What stands in the grouped column, or `nil` where requests had no such thing.
        internal let value: String?
        internal let reason: String
        internal let detail: String?
    }
}

extension [RejectionCollector.Key: RejectionGroup] {
    /// Adds a refusal to its group, or makes one; says whether there was room.
    fileprivate mutating func add(_ rejection: Rejection, key: RejectionCollector.Key) -> Bool {
        // Changed in place: a copy would copy the group's routes at every line.
        if self[key]?.add(rejection) != nil { return true }
        // Ten thousand: some ten megabytes, and more than anyone reads.
        guard count < 10_000 else { return false }
        self[key] = RejectionGroup(rejection)
        return true
    }
}
