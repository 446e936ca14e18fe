import Bytes
import Configuration

/// The publishable client keys of a project: public by design, compared as if they were not.
enum PublishableKey {
    /// What clients without a key send in its place.
    static let sentinel = "__stack_public_client__"

    /// Whether the key is one of the project's.
    static func isValid(_ key: String, for project: ProjectSettings) -> Bool {
        let given = Array(key.utf8)
        var isFound = false
        for known in project.publishableClientKeys {
            let bytes = known.bytes
            // Every key is looked at, so that the time says nothing of which.
            isFound = bytes.span.constantTimeEquals(given.span) || isFound
        }
        return isFound
    }
}
