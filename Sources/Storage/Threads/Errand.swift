/// One call of ``Store/write(_:)`` or ``Store/read(_:)`` on its way to the store's thread.
struct Errand: Sendable {
    /// What it may do.
    let mode: TransactionMode
    /// Runs the caller's body; its answer is held back until ``Outcome/answer`` is called.
    let perform: @Sendable (borrowing Transaction) -> Outcome
    /// Answers the caller without having run the body.
    let refuse: @Sendable (StorageFault) -> Void
}

extension Errand {
    /// What a body came to.
    struct Outcome {
        /// Why the body failed; `nil` where it did not.
        let fault: StorageFault?
        /// Lets the caller go on: with what the body gave, or with the fault that came after it.
        let answer: (StorageFault?) -> Void
    }
}
