import Access

extension ControlRequest {
    /// The parameters of a form that only programs send: in the body alone, each once (RFC 6749
    /// §2.3.1 and §3.2).
    func oauthForm() throws(OAuthFault) -> Parameters {
        if let query, !query.isEmpty {
            throw OAuthFault(
                .invalidRequest,
                "Parameters stand in the body, never in the URL.",
                detail: "request.query"
            )
        }
        let parameters: Parameters
        do throws(ParameterFault) {
            guard body.isEmpty || mediaType == "application/x-www-form-urlencoded" else {
                throw .unsupportedType
            }
            parameters = try bodyParameters()
        } catch {
            throw OAuthFault(
                .invalidRequest,
                "The body cannot be read as application/x-www-form-urlencoded.",
                detail: "request.body"
            )
        }
        if parameters.duplicate != nil {
            throw OAuthFault(
                .invalidRequest,
                "A parameter stands twice.",
                detail: "request.duplicate"
            )
        }
        return parameters
    }
}
