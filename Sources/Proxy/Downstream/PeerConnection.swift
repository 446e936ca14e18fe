/// A connection of a peer, whatever is spoken on it, as its worker keeps it.
protocol PeerConnection: AnyObject {
    /// Its place among the worker's connections.
    var place: Int { get set }

    /// Ends when nothing runs on it any more: the worker stops.
    func drain()
    /// Goes on under a new conf: what runs keeps the one that it began with.
    func settingsChanged()
    /// Closes the connection: once, after it was taken off the loop.
    func close()
}
