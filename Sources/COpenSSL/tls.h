// What Swift cannot import of libssl: macros, as functions of the same meaning.
#ifndef GATEHOUSE_COPENSSL_TLS_H
#define GATEHOUSE_COPENSSL_TLS_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#endif
