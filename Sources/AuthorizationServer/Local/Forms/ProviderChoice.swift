import Access
import Configuration

/// `GET /oauth2/choose`: the providers of a project, and the way to the one that was chosen.
struct ProviderChoice: Sendable {
    let visit: PageVisit

    /// The page, or a redirect to the provider.
    func respond() async -> ControlResponse {
        let opened: PageVisit.Opened
        switch await visit.open() {
        case .answer(let response): return response
        case .goOn(let found): opened = found
        }
        // Applications of the other dialects say themselves where to sign in.
        guard opened.resumed.client.dialect == .oauth else {
            return visit.error(.providerMismatch)
        }
        let providers = visit.providers(opened)
        guard let id = opened.parameters["provider"] else {
            return visit.page(.chooseProvider(page(opened, providers)), fields: opened.cookies)
        }
        guard let provider = providers.first(where: { $0.id == id }) else {
            return visit.error(.providerNotFound)
        }
        return await send(to: provider, opened)
    }

    private var context: ServerContext { visit.context }

    private func send(
        to provider: ProviderSettings,
        _ opened: PageVisit.Opened
    ) async -> ControlResponse {
        var resumed = opened.resumed
        guard resumed.flow.bounces < Self.bounceCountMax else {
            return visit.error(.tooManyBounces)
        }
        resumed.flow.bounces += 1
        resumed.flow.providerID = provider.id
        // What one provider has seen is nothing that another may be shown.
        resumed.flow.nonce = OpaqueToken.make(.state, random: context.random)
        resumed.flow.codeVerifier = OpaqueToken.make(.state, random: context.random)
        // Whoever chooses again is not, or does not want to be, who signed in before.
        resumed.flow.identity = nil
        resumed.flow.authenticatedAt = nil
        resumed.flow.isNewAccount = false
        let location: String
        switch await visit.flows.destination(
            of: resumed.flow,
            state: resumed.state,
            resumed.client,
            provider
        ) {
        case .failure(.providerUnavailable(let detail)):
            var page = page(opened, visit.providers(opened))
            page.fault = .providerUnavailable
            return visit.page(
                .chooseProvider(page),
                status: 503,
                fields: opened.cookies,
                note: ControlNote(
                    error: PageFault.providerUnavailable.rawValue,
                    detail: detail,
                    clientID: resumed.client.id
                )
            )
        case .failure(let fault): return visit.error(fault)
        case .success(let url): location = url
        }
        if let fault = await visit.flows.update(resumed) { return visit.error(fault) }
        return .redirect(
            to: location,
            status: 303,
            fields: [ControlField("cache-control", "no-store")] + cookies(resumed, provider),
            note: ControlNote(clientID: resumed.client.id)
        )
    }

    /// The binding once more: a provider that posts its answer needs a cookie that comes along.
    private func cookies(
        _ resumed: ResumedFlow,
        _ provider: ProviderSettings
    ) -> [ControlField] {
        guard let browser = resumed.browser else { return [] }
        var cookie = BrowserCookie.flow(state: resumed.state, settings: context.settings)
        cookie.isCrossSite = context.providers[provider.id]?.usesFormPost ?? false
        let left = max(1, (resumed.expiresAt - context.now) / 1000)
        return [cookie.setting(browser, maxAgeSeconds: left)]
    }

    private func page(
        _ opened: PageVisit.Opened,
        _ providers: [ProviderSettings]
    ) -> ChoosePage {
        ChoosePage(
            applicationName: opened.resumed.client.name,
            providers: providers.map { provider in
                PageLink(
                    text: provider.displayName,
                    href: visit.link(.chooseProvider, opened, [("provider", provider.id)])
                )
            }
        )
    }

    /// Twenty: nobody changes their mind so often within ten minutes, and a loop ends soon.
    private static let bounceCountMax = 20
}
