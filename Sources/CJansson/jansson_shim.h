// What Swift cannot import of jansson: macros, as functions of the same meaning.
#ifndef GATEHOUSE_CJANSSON_H
#define GATEHOUSE_CJANSSON_H

#include <jansson.h>

// The code that jansson hides in the last byte of the message; its own reader shares its name with
// the enum, which Swift cannot tell apart.
static inline int gatehouse_json_error_code(const json_error_t *error) {
    return (int)json_error_code(error);
}

#endif
