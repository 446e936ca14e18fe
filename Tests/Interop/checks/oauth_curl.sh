#!/bin/bash
# curl -u with a secret that holds % + : and -, as it stands and form-coded (RFC 6749 §2.3.1).
set -uo pipefail

value() { "$GATEHOUSE_INTEROP_PYTHON" -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$GATEHOUSE_INTEROP_LAB" "$1"; }
field() { "$GATEHOUSE_INTEROP_PYTHON" -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1]))' "$1"; }
coded() { "$GATEHOUSE_INTEROP_PYTHON" -c 'import sys,urllib.parse; print(urllib.parse.quote_plus(sys.argv[1]))' "$1"; }

issuer=$(value issuer)
secret=$(value secret)
certificate=$(value certificate)
passed=0
failed=0

ask() { curl --silent --show-error --max-time 20 --cacert "$certificate" "$@"; }

expect() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "  pass  $1"
    else
        failed=$((failed + 1))
        echo "  FAIL  $1: '$2', not '$3'"
    fi
}

# The three endpoints with one way to write the credentials.
round() {
    local how=$1 user=$2 token
    token=$(ask -u "$user" -d grant_type=client_credentials -d scope=orders:read "$issuer/oauth2/token" | field access_token)
    expect "$how: token" "$([ "${#token}" -gt 100 ] && echo yes)" yes
    expect "$how: the route takes it" "$(ask -o /dev/null -w '%{http_code}' -H "authorization: Bearer $token" "$issuer/plain/x")" 200
    expect "$how: introspect" "$(ask -u "$user" -d "token=$token" "$issuer/oauth2/introspect" | field active)" True
    expect "$how: revoke" "$(ask -o /dev/null -w '%{http_code}' -u "$user" -d "token=$token" "$issuer/oauth2/revoke")" 200
    expect "$how: then it is not active" "$(ask -u "$user" -d "token=$token" "$issuer/oauth2/introspect" | field active)" False
    expect "$how: and refused" "$(ask -o /dev/null -w '%{http_code}' -H "authorization: Bearer $token" "$issuer/plain/x")" 401
}

round "as it stands" "reporting:$secret"
round "form-coded" "reporting:$(coded "$secret")"

headers=$(ask -o /dev/null -D - -u "reporting:wrong" -d grant_type=client_credentials "$issuer/oauth2/token")
expect "a wrong secret is 401" "$(echo "$headers" | head -1 | cut -d' ' -f2)" 401
expect "with a Basic challenge" "$(echo "$headers" | grep -ic '^www-authenticate: basic')" 1
expect "invalid_client" "$(ask -u "reporting:wrong" -d grant_type=client_credentials "$issuer/oauth2/token" | field error)" invalid_client
headers=$(ask -o /dev/null -D - -d client_id=reporting -d client_secret=wrong -d grant_type=client_credentials "$issuer/oauth2/token")
expect "no challenge where no Basic was tried" "$(echo "$headers" | grep -ic '^www-authenticate')" 0
expect "two ways at once are 400" "$(ask -o /dev/null -w '%{http_code}' -u "reporting:$secret" -d client_id=reporting -d "client_secret=$secret" -d grant_type=client_credentials "$issuer/oauth2/token")" 400
expect "a public client has no client_credentials" "$(ask -d client_id=spa -d grant_type=client_credentials "$issuer/oauth2/token" | field error)" unauthorized_client
expect "introspection needs a client" "$(ask -o /dev/null -w '%{http_code}' -d token=x "$issuer/oauth2/introspect")" 401
expect "GET at token" "$(ask -o /dev/null -w '%{http_code}' "$issuer/oauth2/token")" 405

echo "oauth_curl: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
