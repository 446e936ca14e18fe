// What Swift cannot import of libcrypto: macros, as functions of the same meaning.
#ifndef GATEHOUSE_COPENSSL_CRYPTOGRAPHY_H
#define GATEHOUSE_COPENSSL_CRYPTOGRAPHY_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

// BIO_get_mem_data
static inline long gatehouse_bio_memory(BIO *bio, char **start) {
    return BIO_get_mem_data(bio, start);
}

// EVP_PKEY_PUBLIC_KEY
static inline int gatehouse_public_key_selection(void) {
    return EVP_PKEY_PUBLIC_KEY;
}

#endif
