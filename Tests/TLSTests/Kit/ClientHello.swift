import COpenSSL

/// The first record of a client.
enum ClientHello {
    /// What OpenSSL's client says first, for versions between the two.
    static func bytes(
        least: Int32 = TLS1_2_VERSION,
        most: Int32 = TLS1_3_VERSION,
        serverName: String? = nil
    ) -> [UInt8] {
        let wire = Wire()
        let offer = RawOffer(least: least, most: most, serverName: serverName)
        let peer = RawClient(wire.client, offer)
        let result = peer.handshake()
        precondition(result == -SSL_ERROR_WANT_READ)
        return Wire.takeAll(at: wire.server)
    }
}
