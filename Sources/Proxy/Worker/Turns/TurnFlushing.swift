/// One that sends at the end of a turn what all the events of the turn have left with it: many frames
/// in one write.
protocol TurnFlushing: AnyObject {
    /// Whether the worker will have it send.
    var isFlushScheduled: Bool { get set }

    /// Sends what there is.
    func flushAtTurnEnd()
}
