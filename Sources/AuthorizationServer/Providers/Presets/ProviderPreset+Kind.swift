import Configuration

extension ProviderPreset {
    /// The row of a provider; `nil` for our own accounts.
    static func of(_ settings: ProviderSettings) -> ProviderPreset? {
        switch settings.kind {
        case .apple: .apple
        case .bitbucket: .bitbucket
        case .discord: .discord
        case .facebook: .facebook
        case .github: .github
        case .gitlab: .gitlab
        case .google: .google
        case .linkedin: .linkedin
        case .local: nil
        case .microsoft: .microsoft(tenant: settings.tenant)
        case .openID: .discovered
        case .spotify: .spotify
        case .twitch: .twitch
        case .x: .x
        }
    }
}
