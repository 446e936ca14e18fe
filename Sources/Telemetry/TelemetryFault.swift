public import Bytes

/// Why a log could not be opened.
public enum TelemetryFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file could not be opened or made; its directory is not made here.
    case logNotOpened(path: String, FileFault)

    /// What the operator reads.
    public var description: String {
        switch self {
        case .logNotOpened(let path, let fault): "cannot open the log \(path): \(fault)"
        }
    }
}
