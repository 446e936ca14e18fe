-- What a careful user of nginx's Lua module would write to check RS256 bearer tokens: verdicts in an
-- LRU cache as large as Gatehouse's, signatures by OpenSSL through the FFI, claims by cjson.
local ffi = require "ffi"
local cjson = require "cjson.safe"
local base64 = require "ngx.base64"
local lrucache = require "resty.lrucache"

ffi.cdef [[
typedef struct bio_st BIO;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
typedef struct engine_st ENGINE;
BIO *BIO_new_mem_buf(const void *bytes, int length);
int BIO_free(BIO *bio);
EVP_PKEY *PEM_read_bio_PUBKEY(BIO *bio, EVP_PKEY **key, void *callback, void *argument);
EVP_MD_CTX *EVP_MD_CTX_new(void);
int EVP_MD_CTX_reset(EVP_MD_CTX *context);
const EVP_MD *EVP_sha256(void);
int EVP_DigestVerifyInit(EVP_MD_CTX *context, EVP_PKEY_CTX **key_context, const EVP_MD *digest,
                         ENGINE *engine, EVP_PKEY *key);
int EVP_DigestVerify(EVP_MD_CTX *context, const unsigned char *signature, size_t signature_length,
                     const unsigned char *message, size_t message_length);
void ERR_clear_error(void);
]]

local crypto = ffi.C
local module = {}
local cache = assert(lrucache.new(10000))
local context, key

function module.load(path)
    local file = assert(io.open(path))
    local text = file:read("*a")
    file:close()
    local bio = crypto.BIO_new_mem_buf(text, #text)
    key = crypto.PEM_read_bio_PUBKEY(bio, nil, nil, nil)
    crypto.BIO_free(bio)
    assert(key ~= nil, "no public key")
    context = crypto.EVP_MD_CTX_new()
end

local function is_genuine(message, signature)
    crypto.EVP_MD_CTX_reset(context)
    if crypto.EVP_DigestVerifyInit(context, nil, crypto.EVP_sha256(), nil, key) ~= 1 then
        return false
    end
    local result = crypto.EVP_DigestVerify(context, signature, #signature, message, #message)
    crypto.ERR_clear_error()
    return result == 1
end

local function refuse(reason)
    ngx.header["WWW-Authenticate"] = 'Bearer error="invalid_token", error_description="' .. reason .. '"'
    ngx.exit(401)
end

local function verify(token)
    local header, claims, signature = token:match("^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
    if not header then return nil, "malformed" end
    local head = cjson.decode(base64.decode_base64url(header) or "")
    if not head or head.alg ~= "RS256" then return nil, "algorithm" end
    local bytes = base64.decode_base64url(signature)
    if not bytes or #bytes ~= 256 then return nil, "signature" end
    local body = cjson.decode(base64.decode_base64url(claims) or "")
    if not body or body.iss ~= "https://issuer.test" then return nil, "issuer" end
    if body.aud ~= "orders-api" then return nil, "audience" end
    if type(body.exp) ~= "number" or body.exp <= ngx.time() then return nil, "expired" end
    if not is_genuine(header .. "." .. claims, bytes) then return nil, "signature" end
    return body
end

function module.check(scope)
    local field = ngx.var.http_authorization
    local token = field and field:match("^Bearer ([%w._-]+)$")
    if not token then return refuse("missing") end
    local claims = cache:get(token)
    if not claims or claims.exp <= ngx.time() then
        local reason
        claims, reason = verify(token)
        if not claims then return refuse(reason) end
        cache:set(token, claims)
    end
    if not (" " .. (claims.scope or "") .. " "):find(" " .. scope .. " ", 1, true) then
        return ngx.exit(403)
    end
    ngx.req.set_header("x-stack-user-id", claims.sub)
    ngx.req.set_header("x-stack-issuer", claims.iss)
    ngx.req.clear_header("Authorization")
end

return module
