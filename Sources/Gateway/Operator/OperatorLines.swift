import AuthorizationServer
import EventLoop
import Storage
import Telemetry

// How records look to the operator: one line each, columns apart by two blanks.

extension AccountSummary {
    /// The user on one line.
    var line: String {
        var words: [String] = []
        if user.isDisabled { words.append("disabled") }
        if user.isAnonymous { words.append("anonymous") }
        if let reason = user.restrictedReason { words.append("restricted:\(reason)") }
        if user.email != nil { words.append(user.isEmailVerified ? "verified" : "unverified") }
        if hasPassword { words.append("password") }
        words += providerIDs.filter { $0 != "local" }
        words += grants.map { "+\($0.scope)" }
        let state = words.isEmpty ? "-" : words.joined(separator: ",")
        let made = CalendarTime(millisecondsSince1970: user.createdAt).text
        return [
            user.id, user.projectID, made, TerminalText.safe(user.email ?? "-"), state,
            TerminalText.safe(user.displayName ?? ""),
        ].joined(separator: "  ")
    }
}

extension SigningKeyListing {
    /// The key on one line.
    var line: String {
        func text(_ time: Int64?) -> String {
            time.map { CalendarTime(millisecondsSince1970: $0).text } ?? "-"
        }
        return [
            id, realm, algorithm, state.rawValue, "from \(text(signsFrom))",
            "until \(text(signsUntil))", "published until \(text(publishedUntil))",
        ].joined(separator: "  ")
    }
}

extension CalendarTime {
    /// The second that a record's time is in.
    fileprivate init(millisecondsSince1970 time: Int64) {
        self.init(secondsSince1970: time / 1_000)
    }
}
