#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static const uint64_t MAPPED_PREFIX = UINT64_C(0xFFFF);

static int is_ipv4(const struct gatehouse_address *address) {
    return address->high == 0 && address->low >> 32 == MAPPED_PREFIX;
}

static socklen_t to_system(const struct gatehouse_address *address, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (is_ipv4(address)) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address->port);
        v4->sin_addr.s_addr = htonl((uint32_t)address->low);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address->port);
    for (int i = 0; i < 8; i++) {
        v6->sin6_addr.s6_addr[i] = (uint8_t)(address->high >> (56 - 8 * i));
        v6->sin6_addr.s6_addr[8 + i] = (uint8_t)(address->low >> (56 - 8 * i));
    }
    return sizeof *v6;
}

static int from_system(const struct sockaddr_storage *in, struct gatehouse_address *address) {
    if (in->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)in;
        address->high = 0;
        address->low = MAPPED_PREFIX << 32 | ntohl(v4->sin_addr.s_addr);
        address->port = ntohs(v4->sin_port);
        return 0;
    }
    if (in->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)in;
        address->high = 0;
        address->low = 0;
        for (int i = 0; i < 8; i++) {
            address->high = address->high << 8 | v6->sin6_addr.s6_addr[i];
            address->low = address->low << 8 | v6->sin6_addr.s6_addr[8 + i];
        }
        address->port = ntohs(v6->sin6_port);
        return 0;
    }
    memset(address, 0, sizeof *address);
    errno = EAFNOSUPPORT;
    return -1;
}

int gatehouse_socket(const struct gatehouse_address *address) {
    int family = is_ipv4(address) ? AF_INET : AF_INET6;
    int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (descriptor >= 0 && family == AF_INET6
        && gatehouse_set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0) {
        int code = errno;
        close(descriptor);
        errno = code;
        return -1;
    }
    return descriptor;
}

int gatehouse_bind(int descriptor, const struct gatehouse_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = to_system(address, &storage);
    return bind(descriptor, (const struct sockaddr *)&storage, length);
}

int gatehouse_connect(int descriptor, const struct gatehouse_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = to_system(address, &storage);
    return connect(descriptor, (const struct sockaddr *)&storage, length);
}

int gatehouse_accept(int listener, struct gatehouse_address *peer) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    memset(&storage, 0, sizeof storage);
    int descriptor = accept4(
        listener, (struct sockaddr *)&storage, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0) {
        // A peer of another family (a local socket given by the service manager) has no address.
        (void)from_system(&storage, peer);
    }
    return descriptor;
}

int gatehouse_local_address(int descriptor, struct gatehouse_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    memset(&storage, 0, sizeof storage);
    if (getsockname(descriptor, (struct sockaddr *)&storage, &length) < 0) {
        return -1;
    }
    return from_system(&storage, address);
}

int gatehouse_set_option(int descriptor, int level, int name, int value) {
    return setsockopt(descriptor, level, name, &value, sizeof value);
}

int gatehouse_option(int descriptor, int level, int name, int *value) {
    socklen_t length = sizeof *value;
    return getsockopt(descriptor, level, name, value, &length);
}

ssize_t gatehouse_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL);
}

ssize_t gatehouse_send_two(
    int descriptor, const void *first, size_t first_count, const void *second, size_t second_count) {
    struct iovec parts[2] = {
        {.iov_base = (void *)first, .iov_len = first_count},
        {.iov_base = (void *)second, .iov_len = second_count},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

int gatehouse_resolve(
    const char *name, uint16_t port, struct gatehouse_address *addresses, int limit) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(name, NULL, &hints, &found);
    if (code != 0) {
        return code < 0 ? code : -code;
    }
    int count = 0;
    for (struct addrinfo *entry = found; entry != NULL && count < limit; entry = entry->ai_next) {
        struct sockaddr_storage storage;
        if (entry->ai_addrlen > sizeof storage) {
            continue;
        }
        memset(&storage, 0, sizeof storage);
        memcpy(&storage, entry->ai_addr, entry->ai_addrlen);
        if (from_system(&storage, &addresses[count]) == 0) {
            addresses[count].port = port;
            count++;
        }
    }
    freeaddrinfo(found);
    return count;
}

static void fill_status(const struct stat *from, struct gatehouse_status *to) {
    to->size = from->st_size;
    to->modified_seconds = from->st_mtim.tv_sec;
    to->modified_nanoseconds = from->st_mtim.tv_nsec;
    to->changed_seconds = from->st_ctim.tv_sec;
    to->changed_nanoseconds = from->st_ctim.tv_nsec;
    to->device = from->st_dev;
    to->inode = from->st_ino;
    to->mode = from->st_mode;
    to->owner = from->st_uid;
}

int gatehouse_stat(const char *path, struct gatehouse_status *status) {
    struct stat found;
    if (stat(path, &found) < 0) {
        return -1;
    }
    fill_status(&found, status);
    return 0;
}

int gatehouse_fstat(int descriptor, struct gatehouse_status *status) {
    struct stat found;
    if (fstat(descriptor, &found) < 0) {
        return -1;
    }
    fill_status(&found, status);
    return 0;
}

int gatehouse_open(const char *path, int flags, mode_t mode) {
    return open(path, flags | O_CLOEXEC, mode);
}

int gatehouse_set_flags(int descriptor, int close_on_exec, int non_blocking) {
    int flags = fcntl(descriptor, F_GETFD);
    if (flags < 0) {
        return -1;
    }
    if (fcntl(descriptor, F_SETFD, close_on_exec ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC) < 0) {
        return -1;
    }
    flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) {
        return -1;
    }
    return fcntl(descriptor, F_SETFL, non_blocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int gatehouse_duplicate(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

int64_t gatehouse_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return -1;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            limit = raised;
        }
    }
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

// A DIR under a name that Swift can import.
gatehouse_directory *gatehouse_open_directory(const char *path) {
    return (gatehouse_directory *)opendir(path);
}

const char *gatehouse_next_name(gatehouse_directory *directory) {
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir((DIR *)directory);
        if (entry == NULL) {
            return NULL;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            return entry->d_name;
        }
    }
}

void gatehouse_close_directory(gatehouse_directory *directory) {
    closedir((DIR *)directory);
}

int gatehouse_pin_current_thread(int processor) {
    if (processor < 0 || processor >= CPU_SETSIZE) {
        return EINVAL;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int gatehouse_name_current_thread(const char *name) {
    return pthread_setname_np(pthread_self(), name);
}

int gatehouse_processors(int *processors, int limit) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) {
        return -1;
    }
    int count = 0;
    for (int processor = 0; processor < CPU_SETSIZE && count < limit; processor++) {
        if (CPU_ISSET(processor, &set)) {
            processors[count++] = processor;
        }
    }
    return count;
}

static void fill_signals(sigset_t *set, const int *numbers, int count) {
    sigemptyset(set);
    for (int i = 0; i < count; i++) {
        sigaddset(set, numbers[i]);
    }
}

int gatehouse_open_signals(const int *numbers, int count) {
    sigset_t set;
    fill_signals(&set, numbers, count);
    int code = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (code != 0) {
        errno = code;
        return -1;
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGPIPE, &ignore, NULL) < 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int gatehouse_unblock_signals(const int *numbers, int count) {
    sigset_t set;
    fill_signals(&set, numbers, count);
    int code = pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    if (code != 0) {
        errno = code;
        return -1;
    }
    return 0;
}

int gatehouse_take_signal(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t count = read(descriptor, &info, sizeof info);
    if (count < 0) {
        return -1;
    }
    if ((size_t)count < sizeof info) {
        errno = EIO;
        return -1;
    }
    return (int)info.ssi_signo;
}

int gatehouse_notify(const char *path, const void *bytes, size_t count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length < 2 || (path[0] != '/' && path[0] != '@')) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    if (length > sizeof address.sun_path - 1) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, length);
    // An abstract name has no end mark: its length is the address's.
    size_t named = length + 1;
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
        named = length;
    }
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -1;
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + named);
    ssize_t sent;
    do {
        sent = sendto(
            descriptor, bytes, count, MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
    } while (sent < 0 && errno == EINTR);
    int code = errno;
    close(descriptor);
    errno = code;
    return sent < 0 ? -1 : 0;
}

static int local_address(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    if (length == 0 || length > sizeof address->sun_path - 1) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    return 0;
}

static int closing(int descriptor) {
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

int gatehouse_listen_local(const char *path, mode_t mode, int backlog) {
    struct sockaddr_un address;
    if (local_address(path, &address) < 0) {
        return -1;
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -1;
    }
    // The file is made with the socket's own mode: at no moment is it open to more people.
    if (fchmod(descriptor, mode) < 0
        || bind(descriptor, (const struct sockaddr *)&address, sizeof address) < 0
        || listen(descriptor, backlog) < 0) {
        return closing(descriptor);
    }
    return descriptor;
}

int gatehouse_connect_local(const char *path) {
    struct sockaddr_un address;
    if (local_address(path, &address) < 0) {
        return -1;
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -1;
    }
    if (connect(descriptor, (const struct sockaddr *)&address, sizeof address) < 0) {
        return closing(descriptor);
    }
    return descriptor;
}

int gatehouse_accept_local(int listener, uint32_t *user) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor < 0) {
        return -1;
    }
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
        return closing(descriptor);
    }
    *user = peer.uid;
    return descriptor;
}

int gatehouse_set_patience(int descriptor, int64_t milliseconds) {
    struct timeval time = {
        .tv_sec = (time_t)(milliseconds / 1000),
        .tv_usec = (suseconds_t)(milliseconds % 1000 * 1000),
    };
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) < 0) {
        return -1;
    }
    return setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

const char *gatehouse_error_text(int code) {
    const char *text = strerrordesc_np(code);
    return text == NULL ? "unknown error" : text;
}

const char *gatehouse_error_name(int code) {
    const char *name = strerrorname_np(code);
    return name == NULL ? "?" : name;
}

const char *gatehouse_resolver_error_text(int code) {
    const char *text = gai_strerror(code);
    return text == NULL ? "unknown error" : text;
}
