/// Why somebody who signed in at a provider gets no tokens (contract, section 13).
enum AccountFault: Error, Sendable, Equatable {
    /// The provider's account is linked to another user.
    case connectedToAnotherUser
    /// The address is somebody's already; `wouldWorkIfVerified` says whether verifying theirs helps.
    case emailUsed(email: String, wouldWorkIfVerified: Bool)
    /// The user that the account was to be linked to is gone.
    case currentUserGone
    /// Nobody new is let in.
    case signUpDisabled
    /// The user may not sign in any more.
    case userDisabled
}
