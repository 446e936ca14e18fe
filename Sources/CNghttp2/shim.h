#ifndef GATEHOUSE_NGHTTP2_H
#define GATEHOUSE_NGHTTP2_H

#include <nghttp2/nghttp2.h>

#endif
