/// One provider outside, or our own accounts: whoever can say who a person is.
///
/// What it says is never written here: the caller keeps it with the pending code.
protocol IdentityProvider: Sendable {
    /// Its id in the conf, and in paths.
    var id: String { get }
    /// Whether its callback is a form posted from its own site, to which browsers bring only cookies
    /// of `SameSite=None`.
    var usesFormPost: Bool { get }

    /// The URL to send the browser to.
    ///
    /// - Throws: ``ProviderFault`` where the provider must be asked first, and does not answer.
    func authorizationURL(
        _ request: ProviderAuthorizationRequest
    ) async throws(ProviderFault) -> String

    /// Exchanges the callback's code, and asks who it is.
    ///
    /// The caller has already held `state` and provider against the flow that began.
    func identity(for callback: ProviderCallback) async throws(ProviderFault) -> ProviderIdentity
}
