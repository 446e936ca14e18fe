import JSON
import Outbound

/// Asks a provider about the owner of an access token.
struct UserInfoCall: Sendable {
    let client: ProviderClient
    let calls: ProviderCalls

    /// What the place says of the token's owner; `what` names the question for the log, and `refusal`
    /// is what a refusal of just this question (403) means.
    func value(
        at endpoint: ProviderEndpoint,
        accessToken: String,
        what: String,
        refusal: ProviderFault? = nil
    ) async throws(ProviderFault) -> JSONValue {
        var fields = [OutboundHeader(name: "Authorization", value: "Bearer \(accessToken)")]
        if client.preset.namesClientToUserInfo {
            fields.append(OutboundHeader(name: "Client-Id", value: client.clientID))
        }
        let request = ProviderCalls.request(
            endpoint,
            fields: fields,
            sizeMax: ProviderLimits.userInfoSize
        )
        let answer = try await calls.askRepeatedly(request, what: what)
        guard answer.status == 200 else {
            if answer.status == 403, let refusal {
                throw refusal
            }
            throw .broken(detail: "\(what): status \(answer.status)")
        }
        guard answer.mediaType != "application/jwt" else {
            throw .broken(detail: "\(what): signed user info, which we do not ask for")
        }
        return try ProviderCalls.json(answer.body, what: what)
    }

    /// The object that the place of user info answers.
    func userInfo(
        at endpoint: ProviderEndpoint,
        accessToken: String
    ) async throws(ProviderFault) -> JSONObject {
        let value = try await value(at: endpoint, accessToken: accessToken, what: "user info")
        guard let object = value.object else {
            throw .broken(detail: "user info: not a JSON object")
        }
        return object
    }
}
