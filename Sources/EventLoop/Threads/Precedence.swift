import Glibc

/// Lets threads that carry traffic go before the calling one, wherever both want a processor.
///
/// For what works beside the traffic: the store, signatures, passwords. A storm of sign-ins then takes
/// what the workers leave, and a ninth of a processor where they would leave nothing. Calling it again
/// changes nothing; where the system refuses, the thread stays as it was.
public func giveWayToTraffic() {
    // On Linux the "process" 0 is the calling thread alone.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
}

/// Ten: the scheduler's weight is 110 beside a worker's 1 024.
///
/// More would let a lock that such a
/// thread holds keep a worker waiting for long.
private let niceness: Int32 = 10
