public import Access

/// A question to the control plane.
///
/// Only values cross.
public struct Errand: Sendable {
    /// The worker that asks.
    public let worker: Int
    /// The number under which the exchange waits; an answer for a number that is no longer filed
    /// means that the peer has left, a normal case.
    public let ticket: UInt64
    /// What is asked.
    public let question: Question

    /// What can be asked.
    public enum Question: Sendable {
        /// Is there a newer key set of this issuer that has this key id?
        case findKey(issuer: Int, settingsGeneration: UInt64, keyID: String?)
        /// What does the authorization server answer to this request?
        case respond(ControlRequest)
    }
}

/// The control plane's answer to an errand.
public enum ErrandAnswer: Sendable {
    /// A newer snapshot was posted before this answer: decide again.
    case decideAgain
    /// The issuer was asked, and has no such key.
    case keyUnknown
    /// No key set is held and none could be had.
    case keysUnavailable(retryAfterSeconds: Int)
    /// The authorization server's response.
    case response(ControlResponse)
}

/// Where workers put their errands; the control plane empties it.
public protocol ErrandDesk: Sendable {
    /// Takes a question, or says that the queue is full.
    func post(_ errand: Errand) -> Bool
}
