// What Swift cannot import of libcrypto: macros, as functions of the same meaning.
#ifndef GATEHOUSE_COPENSSL_CRYPTOGRAPHY_H
#define GATEHOUSE_COPENSSL_CRYPTOGRAPHY_H

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#endif
