// What the Glibc module does not give: epoll, eventfd, signalfd, and calls whose structs are unions,
// macros or casts. Every function answers as the system call it is named after: -1 and `errno`.
#ifndef GATEHOUSE_CLINUX_H
#define GATEHOUSE_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/types.h>

// An internet address with its port, host byte order; IPv4 as ::ffff:a.b.c.d.
struct gatehouse_address {
    uint64_t high;
    uint64_t low;
    uint16_t port;
};

// What `stat` says, without its macros.
struct gatehouse_status {
    int64_t size;
    int64_t modified_seconds;
    int64_t modified_nanoseconds;
    int64_t changed_seconds;
    int64_t changed_nanoseconds;
    uint64_t device;
    uint64_t inode;
    uint32_t mode;
    uint32_t owner;
};

// A TCP socket of the address's family: close-on-exec, not blocking, an IPv6 one for IPv6 only.
int gatehouse_socket(const struct gatehouse_address *address);
int gatehouse_bind(int descriptor, const struct gatehouse_address *address);
int gatehouse_connect(int descriptor, const struct gatehouse_address *address);
// accept4, close-on-exec and not blocking.
int gatehouse_accept(int listener, struct gatehouse_address *peer);
// 0 and the local address, or -1; EAFNOSUPPORT when it is no internet socket.
int gatehouse_local_address(int descriptor, struct gatehouse_address *address);
// An integer socket option; -1 and errno, or 0.
int gatehouse_set_option(int descriptor, int level, int name, int value);
int gatehouse_option(int descriptor, int level, int name, int *value);
ssize_t gatehouse_send(int descriptor, const void *bytes, size_t count);
ssize_t gatehouse_send_two(
    int descriptor, const void *first, size_t first_count, const void *second, size_t second_count);

// Looks a host name up; at most `limit` addresses. The count, or a negative EAI_ code; with
// EAI_SYSTEM, errno says more.
int gatehouse_resolve(
    const char *name, uint16_t port, struct gatehouse_address *addresses, int limit);

int gatehouse_stat(const char *path, struct gatehouse_status *status);
int gatehouse_fstat(int descriptor, struct gatehouse_status *status);
int gatehouse_open(const char *path, int flags, mode_t mode);
// Sets a descriptor's close-on-exec and non-blocking flags.
int gatehouse_set_flags(int descriptor, int close_on_exec, int non_blocking);
int gatehouse_duplicate(int descriptor);
// Raises the soft limit of open descriptors to the hard one; the limit in force, or -1.
int64_t gatehouse_raise_descriptor_limit(void);

// The names in a directory, one call each; 0 or -1. Without "." and "..".
typedef struct gatehouse_directory gatehouse_directory;
gatehouse_directory *gatehouse_open_directory(const char *path);
// The next name, valid until the next call; NULL at the end and on a fault, errno 0 or not.
const char *gatehouse_next_name(gatehouse_directory *directory);
void gatehouse_close_directory(gatehouse_directory *directory);

// Both answer an errno value themselves, 0 for success.
int gatehouse_pin_current_thread(int processor);
int gatehouse_name_current_thread(const char *name);
// The processors that this process may run on, at most `limit` of them; the count, or -1.
int gatehouse_processors(int *processors, int limit);

// Blocks and ignores what the gateway handles itself: see SignalSource.
int gatehouse_open_signals(const int *numbers, int count);
int gatehouse_unblock_signals(const int *numbers, int count);
// The number of a waiting signal, or -1 with errno.
int gatehouse_take_signal(int descriptor);

// One datagram to a local socket; a leading '@' in the path means the abstract name space.
int gatehouse_notify(const char *path, const void *bytes, size_t count);

// A stream socket of a path, close-on-exec and blocking; a listener's file is made with `mode`.
int gatehouse_listen_local(const char *path, mode_t mode, int backlog);
int gatehouse_connect_local(const char *path);
// accept4, close-on-exec; the user that the peer ran as when it connected.
int gatehouse_accept_local(int listener, uint32_t *user);
// How long one call of a blocking socket waits; 0 or -1.
int gatehouse_set_patience(int descriptor, int64_t milliseconds);

// The text and the name of an error number, in the C locale; never NULL.
const char *gatehouse_error_text(int code);
const char *gatehouse_error_name(int code);
const char *gatehouse_resolver_error_text(int code);

#endif
