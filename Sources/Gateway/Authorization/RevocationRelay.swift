import Access
import AuthorizationServer

/// Brings what the authorization server revokes to every worker.
struct RevocationRelay: RevocationPublisher {
    let plane: ControlPlane

    func publish(_ ids: [String], expiry: Int64) async {
        await plane.revoke(ids.map { RevocationLog.Entry(id: $0, expiry: expiry) })
    }
}
