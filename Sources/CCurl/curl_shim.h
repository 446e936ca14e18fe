// What Swift cannot import of libcurl: variadic calls, as typed functions of the same meaning.
#ifndef GATEHOUSE_CCURL_H
#define GATEHOUSE_CCURL_H

#include <curl/curl.h>

#endif
