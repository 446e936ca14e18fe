import Access
import Bytes
import JSON

/// Writes answers as every Stack endpoint does (contract, sections 2.6 and 2.7).
struct StackResponse: Sendable {
    let request: ControlRequest

    /// A known error, as endpoints other than `/token` have it.
    func fault(_ fault: StackFault, isGrant: Bool = false) -> ControlResponse {
        var body: JSONObject = ["code": .string(fault.code.rawValue)]
        body["details"] = fault.details.map { .object($0) }
        body["error"] = .string(isGrant ? fault.oauthError : fault.message)
        if isGrant {
            body["error_description"] = .string(fault.message)
        }
        var response = ControlResponse.json(
            body,
            status: fault.status,
            fields: [ControlField("x-stack-known-error", fault.code.rawValue)],
            note: ControlNote(error: fault.code.rawValue, detail: fault.detail)
        )
        if fault.status == 503 {
            response.fields.append(ControlField("retry-after", "5"))
        }
        return response
    }

    /// The fields of every answer, and the status as the client wants to see it.
    func finished(_ response: ControlResponse) -> ControlResponse {
        var response = response.adding(
            [
                ControlField("x-stack-request-id", request.requestID),
                ControlField("cache-control", "no-store, max-age=0"),
                ControlField("x-content-type-options", "nosniff"),
                ControlField("x-frame-options", "SAMEORIGIN"),
                ControlField("referrer-policy", "strict-origin-when-cross-origin"),
                ControlField("cross-origin-opener-policy", "same-origin"),
            ] + Self.crossOrigin
        )
        let overrides = !request.values(of: "x-stack-override-error-status").isEmpty
        if overrides, (400..<500).contains(response.status) {
            response.fields.append(
                ControlField("x-stack-actual-status", String(response.status))
            )
            response.status = 200
        }
        return response
    }

    /// CORS for everyone: no cookie of ours goes with a script's request (`credentials: omit`).
    private static let crossOrigin = [
        ControlField("access-control-allow-origin", "*"),
        ControlField("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS"),
        ControlField("access-control-max-age", "86400"),
        ControlField("access-control-allow-headers", allowedHeaders),
        ControlField(
            "access-control-expose-headers",
            "content-type, x-stack-actual-status, x-stack-known-error"
        ),
        ControlField("vary", allowedHeaders),
    ]

    private static let allowedHeaders = [
        "content-type", "authorization", "x-stack-access-type", "x-stack-project-id",
        "x-stack-branch-id", "x-stack-publishable-client-key", "x-stack-secret-server-key",
        "x-stack-super-secret-admin-key", "x-stack-admin-access-token", "x-stack-access-token",
        "x-stack-refresh-token", "x-stack-allow-anonymous-user", "x-stack-allow-restricted-user",
        "x-stack-client-version", "x-stack-random-nonce", "x-stack-override-error-status",
        "sentry-trace", "baggage", "x-vercel-protection-bypass", "ngrok-skip-browser-warning",
    ].joined(separator: ", ")
}
