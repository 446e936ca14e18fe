// What Swift cannot import of jansson: macros, as functions of the same meaning.
#ifndef GATEHOUSE_CJANSSON_H
#define GATEHOUSE_CJANSSON_H

#include <jansson.h>

#endif
