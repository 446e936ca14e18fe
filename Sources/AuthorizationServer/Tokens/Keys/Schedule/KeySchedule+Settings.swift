public import Configuration

extension KeySchedule {
    /// The schedule that the settings ask for.
    init(_ settings: AuthorizationServerSettings) {
        algorithm = settings.signingAlgorithm
        rotation = settings.keyRotation
        let lifetimes =
            settings.projects.map(\.tokens.accessTokenLifetime)
            + settings.clients.map(\.tokens.accessTokenLifetime)
        longestTokenLifetime = lifetimes.max() ?? .zero
    }
}

extension SealingKeySource {
    /// The place as the conf names it; never the key.
    public var sourceText: String {
        switch self {
        case .file(let path): "sealing_key file:\(path)"
        case .environment(let name, _): "sealing_key env:\(name)"
        }
    }
}
