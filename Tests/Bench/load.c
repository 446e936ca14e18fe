// The load generator of the benchmarks: keep-alive HTTP/1.1 requests over a number of connections.
//
// Why not one of the usual ones: they cut the requests that are under way when their time is up, so
// that no two logs can agree on a count, and some resume TLS sessions behind one's back. This one
// stops sending, waits for every answer, makes every handshake a full one, and tells how many answers
// of each status it got. It measures nothing of its own process: what counts is the proxy's CPU time.
//
//   load ADDRESS PORT PATH [-t] [-c CONNECTIONS] [-s SECONDS | -n REQUESTS] [-a TOKENFILE] [-x] [-i] [-k]
//
//   -t  TLS 1.3, one cipher and one group for all servers     -a  one bearer token a line, in turn
//   -x  a new connection for every request                    -i  one request each, then stay idle
//   -k  a request that the server drops is no fault                until standard input ends
//
// Prints one line of JSON. Exit 0 when every request was answered, else 1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 65536, LATENCY_MAX = 1 << 20, STATUS_MAX = 600 };

typedef enum { CONNECTING, HANDSHAKING, WRITING, READING_HEAD, READING_BODY, IDLE, DONE } State;

// Where a body stands: a known length, or one of the parts of a chunk.
typedef enum { LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER } Body;

typedef struct {
    int fd;
    SSL *tls;
    State state;
    Body body;
    int interest;
    const char *request;
    size_t requestLength, sent;
    char head[16384];
    size_t headLength;
    uint64_t left;      // of the body, or of the chunk
    size_t lineLength;  // of the chunk-size line or trailer line so far
    int status, closes, reserved;
    uint64_t begun;
} Connection;

static const char *host = "localhost";
static struct sockaddr_in server;
static SSL_CTX *context;
static int poller, live, idleMode, closeMode, keepGoing, idleCount;
static char **requests;
static size_t *requestLengths, requestKinds, nextKind;
static uint64_t limit, started, finished, errors, bodyBytes, handshakes, resumed, deadline;
static uint64_t statuses[STATUS_MAX];
static uint32_t latencies[LATENCY_MAX];

static void die(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void want(Connection *c, int interest) {
    if (c->interest == interest) return;
    struct epoll_event event = {.events = (uint32_t)interest, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event) < 0) die("epoll_ctl");
    c->interest = interest;
}

static void hangUp(Connection *c) {
    if (c->tls) {
        SSL_shutdown(c->tls);
        SSL_free(c->tls);
        c->tls = NULL;
    }
    close(c->fd);
    c->fd = -1;
}

static void end(Connection *c) {
    if (c->fd >= 0) hangUp(c);
    c->state = DONE;
    live--;
}

// Whether another request may begin.
static int mayBegin(void) { return limit ? started < limit : now() < deadline; }

static void begin(Connection *c) {
    if (!c->reserved) {
        if (!mayBegin()) {
            end(c);
            return;
        }
        started++;
    }
    c->reserved = 0;
    c->request = requests[nextKind];
    c->requestLength = requestLengths[nextKind];
    nextKind = (nextKind + 1) % requestKinds;
    c->sent = c->headLength = 0;
    c->begun = now();
    c->state = WRITING;
}

// Opens a connection together with the promise of a request on it: no handshake is made for nothing.
static void dial(Connection *c) {
    started++;
    c->reserved = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS)
        die("connect");
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl");
    c->interest = EPOLLOUT;
    c->state = CONNECTING;
}

static void again(Connection *c) {
    hangUp(c);
    if (mayBegin()) dial(c);
    else end(c);
}

// A connection that ended too early: counted, and replaced while the run goes on.
static void fail(Connection *c, const char *why) {
    if (errors++ < 3 && !keepGoing) fprintf(stderr, "load: %s (state %d, status %d)\n", why, c->state, c->status);
    again(c);
}

static void answered(Connection *c) {
    uint64_t microseconds = (now() - c->begun) / 1000;
    latencies[microseconds < LATENCY_MAX ? microseconds : LATENCY_MAX - 1]++;
    finished++;
    statuses[c->status]++;
    if (idleMode) {
        c->state = IDLE;
        idleCount++;
        want(c, EPOLLIN);
    } else if (closeMode || c->closes) {
        again(c);
    } else {
        begin(c);
    }
}

// Finds a field's value in a head that ends with a zero; names are given with ": ".
static const char *field(const char *head, const char *name) {
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, name, strlen(name))) return line + 2 + strlen(name);
    return NULL;
}

static int readHead(Connection *c) {
    if (strncmp(c->head, "HTTP/1.1 ", 9)) return 0;
    c->status = atoi(c->head + 9);
    if (c->status < 200 || c->status >= STATUS_MAX) return 0;
    const char *connection = field(c->head, "connection: ");
    c->closes = connection && !strncasecmp(connection, "close", 5);
    const char *length = field(c->head, "content-length: ");
    const char *coding = field(c->head, "transfer-encoding: ");
    c->left = 0;
    c->lineLength = 0;
    if (coding) c->body = CHUNK_SIZE;
    else if (length) c->body = LENGTH, c->left = strtoull(length, NULL, 10);
    else return 0;
    c->state = READING_BODY;
    return 1;
}

// Takes body bytes; returns how many, and sets `left` and `body` so that 0 and LENGTH mean the end.
static size_t takeBody(Connection *c, const char *bytes, size_t count) {
    if (c->body == LENGTH || c->body == CHUNK_DATA) {
        size_t taken = count < c->left ? count : c->left;
        c->left -= taken;
        bodyBytes += taken;
        if (c->body == CHUNK_DATA && c->left == 0) c->body = CHUNK_END, c->lineLength = 0;
        return taken;
    }
    if (*bytes == '\n') {
        if (c->body == CHUNK_END) c->body = CHUNK_SIZE;
        else if (c->body == CHUNK_SIZE) c->body = c->left ? CHUNK_DATA : TRAILER;
        else if (c->lineLength == 0) c->body = LENGTH;
        c->lineLength = 0;
    } else if (*bytes != '\r') {
        if (c->body == CHUNK_SIZE) {
            int digit = *bytes <= '9' ? *bytes - '0' : (*bytes | 32) - 'a' + 10;
            if (c->lineLength == 0) c->left = 0;
            if (digit >= 0 && digit < 16) c->left = c->left * 16 + (uint64_t)digit;
        }
        c->lineLength++;
    }
    return 1;
}

// Takes what arrived; returns 0 when it made no sense.
static int take(Connection *c, const char *bytes, size_t count) {
    while (count > 0) {
        size_t taken = count;
        if (c->state == READING_HEAD) {
            size_t before = c->headLength;
            if (before + taken >= sizeof c->head) taken = sizeof c->head - 1 - before;
            if (taken == 0) return 0;
            memcpy(c->head + before, bytes, taken);
            c->head[before + taken] = 0;
            size_t from = before > 3 ? before - 3 : 0;
            char *blank = strstr(c->head + from, "\r\n\r\n");
            c->headLength = before + taken;
            if (blank) {
                taken = (size_t)(blank + 4 - c->head) - before;
                blank[2] = 0;
                if (!readHead(c)) return 0;
            }
        } else if (c->state == READING_BODY) {
            taken = takeBody(c, bytes, count);
        } else {
            return 0;
        }
        bytes += taken;
        count -= taken;
        if (c->state == READING_BODY && c->body == LENGTH && c->left == 0) {
            if (count > 0) return 0;
            answered(c);
            return 1;
        }
    }
    return 1;
}

// Sends, then receives, until the kernel has no more for this connection.
static void proceed(Connection *c) {
    static char block[BLOCK];
    if (c->state == CONNECTING) {
        int fault = 0;
        socklen_t size = sizeof fault;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &fault, &size);
        if (fault) {
            fail(c, strerror(fault));
            return;
        }
        if (context) {
            c->tls = SSL_new(context);
            SSL_set_fd(c->tls, c->fd);
            SSL_set_tlsext_host_name(c->tls, host);
            c->state = HANDSHAKING;
        } else {
            begin(c);
        }
    }
    if (c->state == HANDSHAKING) {
        ERR_clear_error();
        int result = SSL_connect(c->tls);
        if (result != 1) {
            int error = SSL_get_error(c->tls, result);
            if (error == SSL_ERROR_WANT_READ) want(c, EPOLLIN);
            else if (error == SSL_ERROR_WANT_WRITE) want(c, EPOLLOUT);
            else fail(c, "handshake failed");
            return;
        }
        handshakes++;
        resumed += (uint64_t)SSL_session_reused(c->tls);
        begin(c);
    }
    while (c->state == WRITING || c->state == READING_HEAD || c->state == READING_BODY) {
        int isWriting = c->state == WRITING;
        const char *rest = isWriting ? c->request + c->sent : NULL;
        size_t restLength = isWriting ? c->requestLength - c->sent : 0;
        long count;
        if (c->tls) {
            ERR_clear_error();
            int result = isWriting ? SSL_write(c->tls, rest, (int)restLength)
                                   : SSL_read(c->tls, block, sizeof block);
            int error = result > 0 ? 0 : SSL_get_error(c->tls, result);
            count = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : result;
            if (error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SYSCALL) count = 0;
            if (error == SSL_ERROR_SSL) count = 0;
        } else {
            count = isWriting ? send(c->fd, rest, restLength, MSG_NOSIGNAL)
                              : recv(c->fd, block, sizeof block, 0);
            if (count < 0 && errno != EAGAIN) count = 0;
        }
        if (count < 0) {
            want(c, isWriting ? EPOLLOUT : EPOLLIN);
            return;
        }
        if (count == 0) {
            fail(c, "the server closed a request under way");
            return;
        }
        if (isWriting) {
            c->sent += (size_t)count;
            if (c->sent == c->requestLength) c->state = READING_HEAD;
        } else if (!take(c, block, (size_t)count)) {
            fail(c, "an answer that makes no sense");
            return;
        }
    }
}

static void prepare(const char *path, const char *tokenFile) {
    FILE *file = tokenFile ? fopen(tokenFile, "r") : NULL;
    if (tokenFile && !file) die(tokenFile);
    char *token = NULL;
    size_t size = 0, room = 0;
    const char *tail = closeMode ? "Connection: close\r\n" : "";
    do {
        ssize_t length = file ? getline(&token, &size, file) : 0;
        if (length < 0) break;
        if (length > 0 && token[length - 1] == '\n') token[length - 1] = 0;
        if (requestKinds == room) {
            room = room ? room * 2 : 1024;
            requests = realloc(requests, room * sizeof *requests);
            requestLengths = realloc(requestLengths, room * sizeof *requestLengths);
        }
        int written = asprintf(
            &requests[requestKinds], "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\n%s%s%s%s\r\n",
            path, host, file ? "Authorization: Bearer " : "", file ? token : "",
            file ? "\r\n" : "", tail);
        requestLengths[requestKinds++] = (size_t)written;
    } while (file);
    if (file) fclose(file);
    if (requestKinds == 0) die("no tokens");
}

static uint64_t percentile(double share) {
    uint64_t seen = 0;
    for (uint64_t i = 0; i < LATENCY_MAX; i++)
        if ((seen += latencies[i]) >= share * (double)finished && finished) return i;
    return 0;
}

static void report(double seconds) {
    printf("{\"requests\": %lu, \"started\": %lu, \"errors\": %lu, \"seconds\": %.6f, ", finished,
           started, errors, seconds);
    printf("\"bytes\": %lu, \"handshakes\": %lu, \"resumed\": %lu, \"p50_us\": %lu, ", bodyBytes,
           handshakes, resumed, percentile(0.5));
    printf("\"p99_us\": %lu, \"statuses\": {", percentile(0.99));
    const char *comma = "";
    for (int i = 0; i < STATUS_MAX; i++)
        if (statuses[i]) printf("%s\"%d\": %lu", comma, i, statuses[i]), comma = ", ";
    printf("}}\n");
    fflush(stdout);
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: load ADDRESS PORT PATH [-t] [-c N] [-s S | -n N] [-a FILE] [-x] [-i] [-k]\n");
        return 2;
    }
    int option, connectionCount = 64, isTLS = 0;
    double seconds = 1;
    const char *tokenFile = NULL;
    optind = 4;
    while ((option = getopt(count, words, "tc:s:n:a:xik")) != -1) {
        switch (option) {
        case 't': isTLS = 1; break;
        case 'c': connectionCount = atoi(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'n': limit = strtoull(optarg, NULL, 10); break;
        case 'a': tokenFile = optarg; break;
        case 'x': closeMode = 1; break;
        case 'i': idleMode = 1; break;
        case 'k': keepGoing = 1; break;
        default: return 2;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)atoi(words[2]));
    if (inet_pton(AF_INET, words[1], &server.sin_addr) != 1) die("address");
    if (ntohl(server.sin_addr.s_addr) >> 24 != 127) {
        fprintf(stderr, "load: loopback addresses only\n");
        return 2;
    }
    if (idleMode) limit = (uint64_t)connectionCount;
    if (isTLS) {
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
        SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384");
        SSL_CTX_set1_groups_list(context, "X25519");
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    }
    prepare(words[3], tokenFile);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) die("epoll");
    if (limit && (uint64_t)connectionCount > limit) connectionCount = (int)limit;
    Connection *connections = calloc((size_t)connectionCount, sizeof *connections);
    uint64_t start = now(), quiet = start;
    deadline = start + (uint64_t)(seconds * 1e9);
    live = connectionCount;
    int dialled = 0;
    uint64_t seen = 0;
    while (live > 0 && idleCount < connectionCount) {
        // A few at a time, so that no listen queue overflows.
        for (int i = 0; i < 64 && dialled < connectionCount; i++) dial(&connections[dialled++]);
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, dialled < connectionCount ? 1 : 1000);
        for (int i = 0; i < ready; i++) {
            Connection *c = events[i].data.ptr;
            if (c->state == IDLE) fail(c, "an idle connection was closed");
            else if (c->state != DONE) proceed(c);
        }
        if (finished != seen) seen = finished, quiet = now();
        if (now() - quiet > 15000000000u || (errors > 1000 && !keepGoing)) {
            fprintf(stderr, "load: giving up: %d connections wait for an answer\n", live);
            errors += (uint64_t)live;
            break;
        }
    }
    report((double)(now() - start) / 1e9);
    if (idleMode) {
        char block[64];
        while (read(0, block, sizeof block) > 0) {}
    }
    return keepGoing ? 0 : errors > 0 || finished != started;
}
