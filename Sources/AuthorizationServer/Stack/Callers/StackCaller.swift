import Access
import Bytes
import Configuration
import JOSE
import JSON
import Storage

/// Who calls a Stack endpoint, by its header fields (contract, section 2.3).
struct StackCaller: Sendable {
    let project: ProjectSettings
    /// The user of `x-stack-access-token`, where one came and is good.
    let user: StackUser?
}

/// The user of an access token that a Stack endpoint was shown.
struct StackUser: Sendable {
    let id: String
    /// `refresh_token_id`.
    let sessionID: String
    let isAnonymous: Bool
    /// The session has ended: its tokens are good for nothing but to be told so.
    let isSessionOver: Bool
}
