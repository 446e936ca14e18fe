/// What the checks of one server say about it.
///
/// Pure: the results are events. A server is trusted until its first check, which decides alone, so
/// that a gateway that starts beside a dead server knows after one; then it takes `fall` failures in a
/// row to lose it and `rise` successes in a row to win it back.
struct HealthMachine {
    /// Whether requests may go there.
    var isHealthy: Bool {
        switch state {
        case .healthy, .unchecked: true
        case .unhealthy: false
        }
    }

    private var state = State.unchecked
    private let fall: Int
    private let rise: Int

    /// A server that was not checked yet, or one known as unhealthy from before a reload.
    init(fall: Int, rise: Int, isKnownUnhealthy: Bool) {
        self.fall = max(1, fall)
        self.rise = max(1, rise)
        if isKnownUnhealthy {
            state = .unhealthy(successCount: 0)
        }
    }

    /// A check found the server well.
    ///
    /// - Returns: Whether ``isHealthy`` is to be told anew: it changed, or was only assumed.
    mutating func checkSucceeded() -> Bool {
        switch state {
        case .unchecked:
            state = .healthy(failureCount: 0)
            return true
        case .healthy:
            state = .healthy(failureCount: 0)
            return false
        case .unhealthy(let successCount):
            let isEnough = successCount + 1 >= rise
            state =
                isEnough ? .healthy(failureCount: 0) : .unhealthy(successCount: successCount + 1)
            return isEnough
        }
    }

    /// A check found the server ill, or did not find it.
    ///
    /// - Returns: Whether ``isHealthy`` is to be told anew.
    mutating func checkFailed() -> Bool {
        switch state {
        case .unchecked:
            state = .unhealthy(successCount: 0)
            return true
        case .healthy(let failureCount):
            let isEnough = failureCount + 1 >= fall
            state =
                isEnough ? .unhealthy(successCount: 0) : .healthy(failureCount: failureCount + 1)
            return isEnough
        case .unhealthy:
            state = .unhealthy(successCount: 0)
            return false
        }
    }

    private enum State {
        /// Trusted without a reason. Then: healthy, unhealthy.
        case unchecked
        /// So many checks in a row have failed, fewer than `fall`. Then: unhealthy.
        case healthy(failureCount: Int)
        /// So many checks in a row have succeeded, fewer than `rise`. Then: healthy.
        case unhealthy(successCount: Int)
    }
}
