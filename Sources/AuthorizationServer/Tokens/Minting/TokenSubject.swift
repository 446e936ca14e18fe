import Configuration
import Storage

/// The user that a token speaks of, as far as tokens say it.
struct TokenSubject: Sendable, Hashable {
    /// `sub`.
    var userID: String
    var projectID: String
    var name: String?
    var email: String?
    var isEmailVerified: Bool
    var isAnonymous: Bool
    /// Why the user is restricted, or `nil` where they are not; an anonymous one always is.
    var restrictedReason: String?
    /// Milliseconds since 1970.
    var signedUpAt: Int64

    /// The subject that a stored user is.
    init(_ user: UserRecord) {
        userID = user.id
        projectID = user.projectID
        name = user.displayName
        email = user.email
        isEmailVerified = user.isEmailVerified
        isAnonymous = user.isAnonymous
        restrictedReason = user.isAnonymous ? "anonymous" : user.restrictedReason
        signedUpAt = user.createdAt
    }

    var isRestricted: Bool { isAnonymous || restrictedReason != nil }

    /// Which of a Stack project's three sets of keys signs.
    var userClass: UserClass {
        if isAnonymous { return .anonymous }
        return isRestricted ? .restricted : .normal
    }
}
