import HTTP
import Telemetry

extension HTTP2Failure {
    /// What a session has ended for, as it is counted.
    init(_ fault: HTTP2Fault) {
        switch fault {
        case .badPreface, .closed: self = .protocolError
        case .outOfMemory: self = .outOfMemory
        case .flooded(let cause):
            switch cause {
            case .continuation: self = .continuations
            case .controlFrames: self = .controlFrames
            case .emptyFrames: self = .emptyFrames
            case .headerBomb: self = .headerBomb
            case .outboundQueue: self = .outboundQueue
            case .resets: self = .resets
            case .windowUpdates: self = .windowUpdates
            }
        }
    }
}
