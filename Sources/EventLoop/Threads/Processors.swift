import CLinux

/// The processors that this process may run on.
public enum Processors {
    /// Their numbers, for ``startThread(name:processor:_:)``; at least one.
    public static func allowed() -> [Int] {
        var numbers = [Int32](repeating: 0, count: processorCountMax)
        // SAFETY: the callee writes at most as many numbers as it is told that there is room for.
        let count = unsafe gatehouse_processors(&numbers, Int32(processorCountMax))
        guard count > 0 else { return [0] }
        return numbers.prefix(Int(count)).map { Int($0) }
    }

    /// As many as a process's affinity mask has room for.
    private static let processorCountMax = 1_024
}
