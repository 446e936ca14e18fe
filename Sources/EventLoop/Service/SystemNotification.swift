import CLinux

/// What the service manager is told (systemd's `sd_notify(3)`, units of `Type=notify` and
/// `notify-reload`).
///
/// Every message is one datagram; where nobody listens, nothing happens.
public enum SystemNotification {
    /// Says that the gateway serves, after the start and after every reload.
    ///
    /// - Returns: As ``send(_:)``.
    @discardableResult
    public static func sendReady() -> Bool {
        send("READY=1\nMAINPID=\(ProcessEnvironment.processID)")
    }

    /// Says that the settings are being read again; ``sendReady()`` must follow.
    ///
    /// - Parameter now: The monotonic clock, by which the manager tells this from an older reload.
    /// - Returns: As ``send(_:)``.
    @discardableResult
    public static func sendReloading(now: Instant) -> Bool {
        send("RELOADING=1\nMONOTONIC_USEC=\(now.nanoseconds / 1_000)")
    }

    /// Says that the end has begun.
    @discardableResult
    public static func sendStopping() -> Bool {
        send("STOPPING=1")
    }

    /// Says one line for people, shown by `systemctl status`.
    @discardableResult
    public static func send(status: String) -> Bool {
        send("STATUS=" + status.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    /// Sends assignments in the manager's own form, one a line.
    ///
    /// - Returns: Whether the manager took them; `false` also where there is none.
    @discardableResult
    public static func send(_ assignments: String) -> Bool {
        guard let path = ProcessEnvironment.value(of: "NOTIFY_SOCKET") else { return false }
        return send(assignments, to: path)
    }

    /// Sends to the socket at `path`, absolute or, with a leading `@`, abstract.
    static func send(_ assignments: String, to path: String) -> Bool {
        let bytes = [UInt8](assignments.utf8)
        // SAFETY: the path ends in NUL, and the callee reads as many bytes as it is told.
        return unsafe gatehouse_notify(path, bytes, bytes.count) == 0
    }

    /// How often the manager wants to hear `WATCHDOG=1`, or `nil` where it does not ask.
    ///
    /// Half of it is the usual rhythm.
    public static func watchdogInterval() -> Timeout? {
        guard let text = ProcessEnvironment.value(of: "WATCHDOG_USEC"),
            let microseconds = Int64(text), microseconds > 0
        else { return nil }
        if let owner = ProcessEnvironment.value(of: "WATCHDOG_PID"),
            owner != String(ProcessEnvironment.processID)
        {
            return nil
        }
        let (nanoseconds, overflow) = microseconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : Timeout(nanoseconds: nanoseconds)
    }
}
