import Access

struct OAuthEndpoints: Sendable {
    let context: ServerContext
    let request: ControlRequest

    func respond() async -> ControlResponse {
        ControlResponse(status: 404)
    }
}
