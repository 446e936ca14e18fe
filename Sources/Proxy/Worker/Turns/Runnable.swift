/// One whose work of a turn was cut off by its budget, and goes on after the others have had theirs.
protocol Runnable: AnyObject {
    /// Whether the worker will have it go on in the next turn.
    var isRunnable: Bool { get set }

    /// Goes on with whatever is possible now, within the budget of one turn.
    func advance()
}
