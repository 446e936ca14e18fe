#ifndef GATEHOUSE_SQLITE_H
#define GATEHOUSE_SQLITE_H

#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast that Swift does not take over: the bytes are copied by the call.
static inline sqlite3_destructor_type gatehouse_sqlite_transient(void) {
    return SQLITE_TRANSIENT;
}

#endif
