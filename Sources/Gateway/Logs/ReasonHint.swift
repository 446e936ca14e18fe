/// What the operator can do about each reason of a refusal: one sentence or two.
///
/// For people only: the peer is told less (`Refusal`). The words are those of `Access.Reason`; a
/// test makes sure that each has its hint.
public enum ReasonHint {
    /// The hint for a reason, more to the point where the detail is known.
    ///
    /// - Parameters:
    ///   - reason: A reason code as the log has it.
    ///   - detail: The closed word beside it, if there was one.
    /// - Returns: A sentence, also for words that this version does not know.
    public static func sentence(reason: String, detail: String?) -> String {
        if let detail, let hint = hint(reason: reason, detail: detail) {
            return hint
        }
        return hint(reason: reason)
            ?? "this version does not know the reason; the documentation of the version that "
            + "wrote the log does"
    }

    /// The hint for one refusal, with what only that request tells.
    internal static func hint(for rejection: Rejection) -> String {
        let sentence = sentence(reason: rejection.reason, detail: rejection.detail)
        guard rejection.reason == "scope_insufficient", let scopes = rejection.scopesMissing else {
            return sentence
        }
        return "have the issuer grant \(TerminalText.safe(scopes, width: 80)), or change `scope` "
            + "of the route"
    }

    /// By reason alone, in the order of the architecture.
    private static func hint(reason: String) -> String? {
        aboutRequest[reason] ?? aboutToken[reason] ?? aboutIssuer[reason] ?? aboutProof[reason]
            ?? aboutPermission[reason] ?? aboutTime[reason]
    }

    private static let aboutRequest = [
        "request_malformed":
            "the request is not strict HTTP; the detail names what is wrong: look at the client or "
            + "at the proxy in front",
        "head_too_large":
            "the request head is over its limits: look for cookies that pile up, or raise "
            + "`head_limit` and its like",
        "body_too_large":
            "the body is over `body_limit` of the route: raise it, if the back end takes as much",
        "route_not_found":
            "no route matches host and path: compare with `gatehouse check`, which lists them; "
            + "`/a/` matches `/a` and below, never `/ab`",
        "method_not_allowed":
            "the route's `methods` does not list this method: add it, or correct the client",
        "method_not_implemented":
            "CONNECT is not served here: a client takes this gateway for a forward proxy",
        "client_certificate_required":
            "the route wants a client certificate: give one to the client, or check the "
            + "authorities of the listener",
        "authorization_unavailable":
            "the authorization server did not answer in time, or too many wait for it: look at the "
            + "error log, at its providers and at the disk of its store",
    ]

    private static let aboutToken = [
        "token_missing":
            "no bearer token was sent: the client must send `Authorization: Bearer ...`; for "
            + "another place see `token_header` and `token_cookie`, for none `access public`",
        "token_ambiguous":
            "a token came from two places, or in two `Authorization` fields: the client must send "
            + "exactly one",
        "token_too_large":
            "the token is over the limit: have the issuer put less into it, or raise `token_limit`",
        "token_malformed":
            "what was sent is no JSON web token: three parts in base64url; look for an opaque "
            + "token, quotes or a cut value in the client",
        "token_encrypted":
            "the token is encrypted (JWE): have the issuer send signed tokens to this audience",
        "header_unsupported":
            "the token's header asks for what is never done, as keys from the token itself: if "
            + "the issuer cannot leave them out, set `ignore_header_keys on` for it",
        "token_type_mismatch":
            "the token is of another type: an ID token, or a `typ` that is not allowed; send the "
            + "access token, or see `token_type` and `accept_id_tokens`",
    ]

    private static let aboutIssuer = [
        "issuer_unknown":
            "no `issuer` block has exactly this name: compare letter by letter, the slash at the "
            + "end included, or add one",
        "issuer_not_allowed":
            "the issuer is known, but the route does not list it: add it to the route's `issuer`",
        "algorithm_not_allowed":
            "the issuer signs with an algorithm that its `algorithms` does not list: add it if it "
            + "is meant; `none` never is",
        "key_unknown":
            "the issuer's key set has no key of this `kid`: see whether the issuer publishes it, "
            + "and on `/metrics` whether the last fetches worked",
        "key_unsuitable":
            "the key is there but not fit for this: its type, use, algorithm or strength; the "
            + "issuer must publish a proper one",
        "keys_unavailable":
            "no keys of this issuer are held: its key set could not be fetched or read; see the "
            + "program's log and `jwks_uri`",
    ]

    private static let aboutProof = [
        "signature_malformed":
            "the signature cannot be one of this algorithm: a cut or altered token, or an issuer "
            + "that codes signatures wrongly",
        "signature_invalid":
            "the signature does not fit the key: an altered or forged token, or a key of another "
            + "environment under the same `kid`",
        "proof_invalid":
            "the proof of possession does not fit the token or the request: the client must make "
            + "a new one for each request",
        "verification_budget_exhausted":
            "too many bad signatures came from this address: find the client; if many users share "
            + "the address, see `trusted_proxies` and `signature_failures_per_second`",
    ]

    private static let aboutPermission = [
        "subject_anonymous": "the route does not serve anonymous users: they must sign in",
        "subject_restricted": "the user is restricted by the issuer: see there why",
        "project_mismatch": "the token is of another project than the route serves",
        "client_mismatch": "the token was given to another client than the route serves",
        "cross_site_request":
            "a cookie's token came with a request from another site: call from the site's own "
            + "pages, or send the token in a header",
        "rate_limited": "the client asks more often than the route allows",
        "scope_insufficient":
            "the token lacks a scope: have the issuer grant it, or change `scope` of the route",
    ]

    private static let aboutTime = [
        "claim_invalid":
            "a registered claim has a wrong type or is out of range; the issuer must correct it",
        "claim_missing": "the token lacks a claim that is needed; the detail names it",
        "claim_mismatch":
            "a claim has another value than the route's `claim` asks for: see `gatehouse explain`",
        "audience_mismatch":
            "the token is for another audience: have the client ask for this one, or add its "
            + "`aud` to `audience` of the issuer",
        "token_expired":
            "the client sends a token after its `exp`: it must fetch a new one in time; if the "
            + "times are close, compare the clocks, or see `clock_skew`",
        "token_not_yet_valid":
            "the token's `nbf` lies ahead: the issuer's clock and this one differ; synchronise "
            + "them, or see `clock_skew`",
        "token_revoked": "the token or its session was revoked: the user must sign in again",
    ]
}
