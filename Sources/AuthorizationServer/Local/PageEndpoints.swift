import Access

struct PageEndpoints: Sendable {
    let context: ServerContext
    let request: ControlRequest

    func respond() async -> ControlResponse {
        ControlResponse(status: 404)
    }
}
