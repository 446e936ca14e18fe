// The gRPC origin of the benchmarks: HTTP/2 without TLS, one thread, unary calls only.
//
// Why not one of the usual ones: they cost more than the proxies in front of them, and none refuses a
// call that a proxy has spoilt. This one answers a whole and well-formed call with one message and
// `grpc-status: 0` in trailers, everything else with a status and no message, which the load notices.
//
//   unary PORT COUNTFILE [MESSAGEBYTES]
//
// COUNTFILE holds the number of calls answered well, 64 bits in the machine's order, kept up to date.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 65536, PREFIX = 5, MESSAGE_MAX = 16000, STREAMS = 128 };

typedef struct {
    int fd, wantsOutput;
    nghttp2_session *session;
    const uint8_t *output;  // what the kernel did not take; nghttp2 keeps it until it is asked again
    size_t outputLength;
} Connection;

typedef struct {
    int isPost, isGRPC, takesTrailers;
    size_t received, announced, sent;
    uint8_t prefix[PREFIX];
} Call;

static uint64_t *answered;
static uint8_t answer[PREFIX + MESSAGE_MAX];
static size_t answerLength;
static int poller;

static void die(const char *what) {
    fprintf(stderr, "unary: %s: %s\n", what, strerror(errno));
    exit(2);
}

#define FIELD(name, value) \
    {(uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1, \
     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}

static ssize_t readAnswer(nghttp2_session *session, int32_t stream, uint8_t *block, size_t room,
                          uint32_t *flags, nghttp2_data_source *source, void *context) {
    static const nghttp2_nv trailers[] = {FIELD("grpc-status", "0"), FIELD("grpc-message", "")};
    Call *call = source->ptr;
    size_t count = answerLength - call->sent;
    (void)context;
    if (count > room) count = room;
    memcpy(block, answer + call->sent, count);
    call->sent += count;
    if (call->sent == answerLength) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (nghttp2_submit_trailer(session, stream, trailers, 2)) return NGHTTP2_ERR_CALLBACK_FAILURE;
        ++*answered;
    }
    return (ssize_t)count;
}

static int respond(nghttp2_session *session, int32_t stream, Call *call) {
    static const nghttp2_nv head[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc"),
                                      FIELD("grpc-accept-encoding", "identity")};
    static const nghttp2_nv refusal[] = {FIELD(":status", "200"), FIELD("content-type", "application/grpc"),
                                         FIELD("grpc-status", "13"), FIELD("grpc-message", "spoilt")};
    int isWhole = call->received >= PREFIX && call->received - PREFIX == call->announced;
    if (!call->isPost || !call->isGRPC || !call->takesTrailers || !isWhole || call->prefix[0])
        return nghttp2_submit_response(session, stream, refusal, 4, NULL);
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = readAnswer};
    return nghttp2_submit_response(session, stream, head, 3, &provider);
}

static int onBegin(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    (void)context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Call *call = calloc(1, sizeof *call);
    if (!call) die("memory");
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
}

static int is(const uint8_t *bytes, size_t length, const char *text) {
    return length == strlen(text) && !memcmp(bytes, text, length);
}

static int onField(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                   size_t nameLength, const uint8_t *value, size_t valueLength, uint8_t flags, void *context) {
    Call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)flags, (void)context;
    if (!call) return 0;
    if (is(name, nameLength, ":method")) call->isPost = is(value, valueLength, "POST");
    if (is(name, nameLength, "te")) call->takesTrailers = is(value, valueLength, "trailers");
    if (is(name, nameLength, "content-type")) call->isGRPC = is(value, valueLength, "application/grpc");
    return 0;
}

static int onData(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t count,
                  void *context) {
    Call *call = nghttp2_session_get_stream_user_data(session, stream);
    (void)flags, (void)context;
    if (!call) return 0;
    for (size_t i = 0; i < count && call->received + i < PREFIX; i++) {
        call->prefix[call->received + i] = bytes[i];
        if (call->received + i > 0) call->announced = call->announced << 8 | bytes[i];
    }
    call->received += count;
    return 0;
}

static int onFrame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    (void)context;
    int mayEnd = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!mayEnd || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    Call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    return call ? respond(session, frame->hd.stream_id, call) : 0;
}

static int onClose(nghttp2_session *session, int32_t stream, uint32_t code, void *context) {
    (void)code, (void)context;
    free(nghttp2_session_get_stream_user_data(session, stream));
    return 0;
}

static void hangUp(Connection *c) {
    nghttp2_session_del(c->session);
    close(c->fd);
    free(c);
}

// Sends what the session has, until the kernel takes no more; 0 when the connection is over.
static int flush(Connection *c) {
    static uint8_t gathered[BLOCK];
    for (;;) {
        const uint8_t *rest = c->output;
        size_t length = c->outputLength;
        if (length == 0) {
            // One write for all frames of a turn, as good servers do.
            const uint8_t *piece;
            ssize_t count = 0;
            while (length + 20000 < sizeof gathered &&
                   (count = nghttp2_session_mem_send(c->session, &piece)) > 0) {
                memcpy(gathered + length, piece, (size_t)count);
                length += (size_t)count;
            }
            if (count < 0) return 0;
            rest = gathered;
        }
        if (length == 0) break;
        ssize_t sent = send(c->fd, rest, length, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return 0;
        if (sent < 0) sent = 0;
        if ((size_t)sent == length) {
            if (rest == c->output) free((void *)c->output);
            c->output = NULL, c->outputLength = 0;
            continue;
        }
        uint8_t *kept = malloc(length - (size_t)sent);
        if (!kept) die("memory");
        memcpy(kept, rest + sent, length - (size_t)sent);
        if (rest == c->output) free((void *)c->output);
        c->output = kept, c->outputLength = length - (size_t)sent;
        break;
    }
    int wantsOutput = c->outputLength > 0;
    if (wantsOutput != c->wantsOutput) {
        struct epoll_event event = {.events = EPOLLIN | (wantsOutput ? EPOLLOUT : 0), .data.ptr = c};
        if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event) < 0) die("epoll_ctl");
        c->wantsOutput = wantsOutput;
    }
    return wantsOutput || nghttp2_session_want_read(c->session) || nghttp2_session_want_write(c->session);
}

// Takes one block from the kernel; 0 when the connection is over.
static int receive(Connection *c) {
    static uint8_t block[BLOCK];
    ssize_t count = recv(c->fd, block, sizeof block, 0);
    if (count < 0 && errno == EAGAIN) return 1;
    return count > 0 && nghttp2_session_mem_recv(c->session, block, (size_t)count) == count;
}

static void take(int listener, nghttp2_session_callbacks *callbacks) {
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS}};
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        Connection *c = calloc(1, sizeof *c);
        if (!c || nghttp2_session_server_new(&c->session, callbacks, c)) die("memory");
        c->fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
        nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, 1);
        if (!flush(c)) hangUp(c);
    }
}

static void prepareAnswer(size_t messageLength) {
    for (int i = 1; i < PREFIX; i++) answer[i] = (uint8_t)(messageLength >> 8 * (PREFIX - 1 - i));
    for (size_t i = 0; i < messageLength; i++) answer[PREFIX + i] = (uint8_t)('a' + i % 26);
    answerLength = PREFIX + messageLength;
}

int main(int count, char **words) {
    size_t messageLength = count > 3 ? strtoul(words[3], NULL, 10) : 100;
    if (count < 3 || messageLength > MESSAGE_MAX) {
        fprintf(stderr, "usage: unary PORT COUNTFILE [MESSAGEBYTES, at most %d]\n", MESSAGE_MAX);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    prepareAnswer(messageLength);
    int file = open(words[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof *answered) < 0) die(words[2]);
    answered = mmap(NULL, sizeof *answered, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (answered == MAP_FAILED) die("mmap");

    nghttp2_session_callbacks *callbacks;
    if (nghttp2_session_callbacks_new(&callbacks)) die("memory");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBegin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, onField);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClose);

    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
    if (listen(listener, 4096) < 0) die("listen");
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) die("epoll");
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            Connection *c = events[i].data.ptr;
            if (!c) take(listener, callbacks);
            else if (((events[i].events & ~(uint32_t)EPOLLOUT) && !receive(c)) || !flush(c)) hangUp(c);
        }
    }
}
