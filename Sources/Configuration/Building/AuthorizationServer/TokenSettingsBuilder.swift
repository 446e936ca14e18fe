/// Reads how long what is issued lives, from the blocks around it: the innermost wins.
struct TokenSettingsBuilder {
    /// The blocks, the innermost first.
    private let blocks: [CheckedBlock]
    private let usual: TokenSettings

    /// Prepares to read; what no block says is as `usual` has it.
    init(_ blocks: [CheckedBlock], usual: TokenSettings) {
        self.blocks = blocks
        self.usual = usual
    }

    /// The settings; a token cannot lie unused for longer than its session lives.
    func build() -> TokenSettings {
        let lifetime = duration("refresh_token_lifetime") ?? usual.refreshTokenLifetime
        let idle = duration("refresh_token_idle") ?? usual.refreshTokenIdle
        return TokenSettings(
            accessTokenLifetime: duration("access_token_lifetime") ?? usual.accessTokenLifetime,
            refreshTokenIdle: min(idle, lifetime),
            refreshTokenLifetime: lifetime,
            rotatesRefreshTokens: isOn("refresh_rotation") ?? usual.rotatesRefreshTokens,
            refreshReuseGrace: duration("refresh_reuse_grace") ?? usual.refreshReuseGrace,
            takesParametersInQuery: isOn("token_parameters_in_query")
                ?? usual.takesParametersInQuery
        )
    }

    /// Notes what one block says that harms, whoever inherits it.
    ///
    /// `readsQuery` says whether a client that reads queries may inherit it.
    static func check(_ block: CheckedBlock, readsQuery: Bool, ground: BuildGround) {
        if let idle = block.duration("refresh_token_idle"),
            let lifetime = block.duration("refresh_token_lifetime"), idle > lifetime,
            let statement = block.first("refresh_token_idle")
        {
            ground.findings.error(
                "`refresh_token_idle` is longer than `refresh_token_lifetime`",
                at: statement.wholeSpan,
                hint: "a token cannot lie unused for longer than its session lives"
            )
        }
        if let access = block.duration("access_token_lifetime"), access < accessTokenUsualMin,
            let statement = block.first("access_token_lifetime")
        {
            ground.findings.warning(
                "clients take tokens that live less than a minute for dead ones",
                at: statement.wholeSpan
            )
        }
        if readsQuery, block.isOn("token_parameters_in_query") == true,
            let statement = block.first("token_parameters_in_query")
        {
            ground.findings.relaxation(
                "token requests of Dressipi clients may carry codes and refresh tokens in the URL, "
                    + "where logs and proxies keep them",
                at: statement.wholeSpan
            )
        }
    }

    private func duration(_ name: String) -> Duration? {
        blocks.lazy.compactMap { $0.duration(name) }.first
    }

    private func isOn(_ name: String) -> Bool? {
        blocks.lazy.compactMap { $0.isOn(name) }.first
    }

    /// Stack's SDK wants more than 45 s, and clocks differ.
    private static let accessTokenUsualMin = Duration.seconds(60)
}
