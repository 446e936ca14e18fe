/// Goes through the steps that one turn allows, and once more where somebody asks meanwhile.
///
/// The driver's part:
///
///     guard turn.begin() else { return }
///     while turn.goesOn(step()) {}
///     if turn.isUsedUp { worker.runLater(self) }
struct TurnLoop {
    private var isRunning = false
    private var isAskedAgain = false
    private var stepCount = 0

    /// Steps of one connection or stream before others have their turn: sixteen pipelined requests, as
    /// many as load generators send; the rest goes on in the next turn.
    static let budget = 16

    /// Begins, unless it is under way: a step may lead back here, and is followed by another.
    mutating func begin() -> Bool {
        guard !isRunning else {
            isAskedAgain = true
            return false
        }
        isRunning = true
        stepCount = 0
        return true
    }

    /// Says whether another step follows the one that was made, which may have left something to do.
    mutating func goesOn(_ hasMore: Bool) -> Bool {
        if hasMore || isAskedAgain {
            stepCount += 1
        }
        isRunning = (hasMore || isAskedAgain) && !isUsedUp
        isAskedAgain = false
        return isRunning
    }

    /// Whether it was cut off by its budget: what is left is for the next turn.
    var isUsedUp: Bool { stepCount >= Self.budget }
}
