// What Swift cannot import of libssl: macros, as functions of the same meaning.
#ifndef GATEHOUSE_COPENSSL_TLS_H
#define GATEHOUSE_COPENSSL_TLS_H

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Options and modes are macros over a shift, which Swift does not import.
static const uint64_t gatehouse_tls_options =
    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
    | SSL_OP_PRIORITIZE_CHACHA;
static const uint64_t gatehouse_tls_hides_truncation = SSL_OP_IGNORE_UNEXPECTED_EOF;
static const long gatehouse_tls_modes = SSL_MODE_ENABLE_PARTIAL_WRITE
    | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY | SSL_MODE_NO_AUTO_CHAIN;

// RFC 4514 text, but with UTF-8 left readable.
static const unsigned long gatehouse_tls_subject_flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;

static inline int gatehouse_tls_set_versions(SSL_CTX *context, int least, int most) {
    return SSL_CTX_set_min_proto_version(context, least) == 1
        && SSL_CTX_set_max_proto_version(context, most) == 1;
}

static inline int gatehouse_tls_set_groups(SSL_CTX *context, const char *list) {
    return SSL_CTX_set1_groups_list(context, list) == 1;
}

static inline void gatehouse_tls_set_mode(SSL_CTX *context, long mode) {
    SSL_CTX_set_mode(context, mode);
}

static inline void gatehouse_tls_set_read_ahead(SSL_CTX *context) {
    SSL_CTX_set_read_ahead(context, 1);
}

static inline void gatehouse_tls_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int gatehouse_tls_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(context, certificate) == 1;
}

static inline void gatehouse_tls_set_server_name_callback(
    SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}

static inline int gatehouse_tls_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}

// Takes the descriptor away from a connection in the middle of a call, so that the call's next read
// or write fails with EBADF.
static inline void gatehouse_tls_cut_off(const SSL *ssl) {
    BIO *transport = SSL_get_rbio(ssl);
    if (transport != NULL) {
        BIO_set_fd(transport, -1, BIO_NOCLOSE);
    }
}

// Sets up the two primitives of RFC 5077 §4 for one ticket: AES-256-CBC and HMAC-SHA-256.
static inline int gatehouse_tls_apply_ticket_key(
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, const unsigned char *cipher_key,
    const unsigned char *mac_key, const unsigned char *iv, int encrypts) {
    OSSL_PARAM parameters[3];
    parameters[0] = OSSL_PARAM_construct_octet_string(
        OSSL_MAC_PARAM_KEY, (void *)mac_key, 32);
    parameters[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0);
    parameters[2] = OSSL_PARAM_construct_end();
    return EVP_MAC_CTX_set_params(mac, parameters) == 1
        && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, cipher_key, iv, encrypts) == 1;
}

static inline EVP_PKEY *gatehouse_tls_generate_p256(void) {
    return EVP_EC_gen("P-256");
}

// Adds one extension that is written as in openssl.cnf; only ever called with texts of our own.
static inline int gatehouse_tls_add_extension(X509 *certificate, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) {
        return 0;
    }
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added == 1;
}

// Appends a name of the given kind (GEN_DNS, GEN_IPADD) to `names`.
static inline int gatehouse_tls_append_name(GENERAL_NAMES *names, int kind, const char *text) {
    GENERAL_NAME *name = a2i_GENERAL_NAME(NULL, NULL, NULL, kind, text, 0);
    if (name == NULL) {
        return 0;
    }
    if (sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        return 0;
    }
    return 1;
}

static inline GENERAL_NAMES *gatehouse_tls_make_names(void) {
    return sk_GENERAL_NAME_new_null();
}

static inline int gatehouse_tls_count_names(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

static inline const GENERAL_NAME *gatehouse_tls_name_at(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

static inline void gatehouse_tls_free_names(GENERAL_NAMES *names) {
    GENERAL_NAMES_free(names);
}

#endif
