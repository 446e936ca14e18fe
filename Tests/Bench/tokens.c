// The load of the token benchmark: clients of the Dressipi dialect, which needs no browser.
//
//   tokens PORT refresh|code|get CLIENT [-c CONNECTIONS] [-s SECONDS] [-r RATE]
//   tokens 0 sync FOLDER [-s SECONDS]
//
//   refresh  each connection signs in once, then refreshes, with whatever refresh token it got last
//   code     each connection asks for a code and redeems it; the redemptions are what is counted
//   get      each connection signs in once; then proxied GETs with those access tokens, at RATE a second
//            whatever the answers take (latency counts from when a request was due), or without a rate
//            one after the other
//   sync     writes 4 KiB and waits for the disk, one after the other
//
// Prints one line of JSON. Exit 0 when every answer was 200, else 1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define OOB "urn:ietf:wg:oauth:2.0:oob:auto"
#define VERIFIER "1tBnEmtSImyCykPHxHYBdzpSFhKEj0Q1LuiHd4fdDlY"
#define CHALLENGE "p7CN1Zi4o5ARn1mYNvNFvj2r5cKkr2k6y7a573eHJXQ"

enum { TEXT_MAX = 8192, LATENCY_MAX = 1 << 22, CONNECTION_MAX = 1024 };

typedef enum { REFRESH, CODE, GET } Mode;
typedef enum { AUTHORIZE, REDEEM, READY, COUNTED } Step;

typedef struct {
    int fd, isBusy;
    Step step;
    char text[TEXT_MAX];
    size_t length, filled;
    char code[128], refresh[128], access[4096];
    uint64_t due;
} Connection;

static Connection connections[CONNECTION_MAX];
static int connectionCount = 64, poller, timer, readyCount, statuses[600];
static Mode mode;
static const char *client;
static double seconds = 5, rate;
static uint64_t began, deadline, finished, scheduled, errors;
static uint32_t latencies[LATENCY_MAX];

static void die(const char *what) {
    fprintf(stderr, "tokens: %s: %s\n", what, strerror(errno));
    exit(2);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void note(uint64_t since) {
    uint64_t microseconds = (now() - since) / 1000;
    latencies[microseconds < LATENCY_MAX ? microseconds : LATENCY_MAX - 1]++;
    finished++;
}

static void post(Connection *c, const char *body) {
    c->length = (size_t)snprintf(
        c->text, TEXT_MAX,
        "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(body), body);
}

static void ask(Connection *c) {
    char body[1024];
    switch (c->step) {
    case AUTHORIZE:
        c->length = (size_t)snprintf(
            c->text, TEXT_MAX,
            "GET /oauth/authorize?client_id=%s&redirect_uri=" OOB "&response_type=code&state=s"
            "&code_challenge=" CHALLENGE "&code_challenge_method=S256 HTTP/1.1\r\n"
            "Host: localhost\r\n\r\n",
            client);
        break;
    case REDEEM:
        snprintf(body, sizeof body,
                 "grant_type=authorization_code&client_id=%s&redirect_uri=" OOB
                 "&code_verifier=" VERIFIER "&code=%s",
                 client, c->code);
        post(c, body);
        break;
    default:
        if (mode == GET) {
            c->length = (size_t)snprintf(
                c->text, TEXT_MAX,
                "GET /fashion/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
                c->access);
        } else {
            snprintf(body, sizeof body,
                     "grant_type=refresh_token&client_id=%s&redirect_uri=" OOB "&refresh_token=%s",
                     client, c->refresh);
            post(c, body);
        }
    }
    if (send(c->fd, c->text, c->length, MSG_NOSIGNAL) != (ssize_t)c->length) die("send");
    c->filled = 0;
    c->isBusy = 1;
}

static void take(const char *json, const char *name, char *place, size_t room) {
    char key[64];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *start = strstr(json, key);
    if (!start) return;
    start += strlen(key);
    const char *end = strchr(start, '"');
    if (!end || (size_t)(end - start) >= room) return;
    memcpy(place, start, (size_t)(end - start));
    place[end - start] = 0;
}

// Begins whatever is due on whichever connection is free.
static void pump(void) {
    if (!rate) return;
    uint64_t step = (uint64_t)(1e9 / rate), present = now();
    for (int i = 0; i < connectionCount; i++) {
        Connection *c = &connections[i];
        uint64_t due = began + scheduled * step;
        if (due > present || due >= deadline) break;
        if (c->isBusy) continue;
        c->due = due;
        c->step = COUNTED;
        scheduled++;
        ask(c);
    }
    uint64_t due = began + scheduled * step;
    present = now();
    uint64_t wait = due > present ? due - present : 50000;
    struct itimerspec when = {.it_value = {.tv_nsec = (long)(wait % 1000000000), .tv_sec = (long)(wait / 1000000000)}};
    timerfd_settime(timer, 0, &when, NULL);
}

static void next(Connection *c) {
    c->isBusy = 0;
    if (now() >= deadline || rate) return;
    c->step = mode == CODE ? AUTHORIZE : COUNTED;
    c->due = now();
    ask(c);
}

static void startAll(void) {
    began = now();
    deadline = began + (uint64_t)(seconds * 1e9);
    if (rate) pump();
    else for (int i = 0; i < connectionCount; i++) next(&connections[i]);
}

static void answered(Connection *c, int status, const char *body) {
    Step step = c->step;
    statuses[status]++;
    if (status != 200) {
        if (errors++ < 3) fprintf(stderr, "tokens: %d: %.200s\n", status, body);
        if (errors > 100) exit(1);
    }
    take(body, "code", c->code, sizeof c->code);
    take(body, "refresh_token", c->refresh, sizeof c->refresh);
    take(body, "access_token", c->access, sizeof c->access);
    c->isBusy = 0;
    if (step == COUNTED) {
        note(c->due);
        if (rate) pump();
        else next(c);
    } else if (step == AUTHORIZE) {
        c->step = REDEEM;
        if (began) c->due = now();
        ask(c);
    } else {
        if (began) {
            note(c->due);
            next(c);
            return;
        }
        c->step = READY;
        if (++readyCount == connectionCount) startAll();
    }
}

static void receive(Connection *c) {
    for (;;) {
        ssize_t count = recv(c->fd, c->text + c->filled, TEXT_MAX - 1 - c->filled, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) {
            fprintf(stderr, "tokens: the gateway closed a connection\n");
            exit(1);
        }
        c->filled += (size_t)count;
        c->text[c->filled] = 0;
        char *blank = strstr(c->text, "\r\n\r\n");
        if (!blank) continue;
        char *length = strcasestr(c->text, "content-length: ");
        size_t size = length && length < blank ? strtoul(length + 16, NULL, 10) : 0;
        if (c->filled < (size_t)(blank + 4 - c->text) + size) continue;
        static char copy[TEXT_MAX];
        memcpy(copy, blank + 4, size);
        copy[size] = 0;
        answered(c, atoi(c->text + 9), copy);
        return;
    }
}

static uint64_t percentile(double share) {
    uint64_t seen = 0;
    for (uint64_t i = 0; i < LATENCY_MAX; i++)
        if ((seen += latencies[i]) >= share * (double)finished && finished) return i;
    return 0;
}

static void report(void) {
    double took = (double)(now() - began) / 1e9;
    printf("{\"requests\": %lu, \"errors\": %lu, \"seconds\": %.3f, \"per_second\": %.0f, "
           "\"p50_us\": %lu, \"p90_us\": %lu, \"p99_us\": %lu, \"max_us\": %lu, \"statuses\": {",
           finished, errors, took, (double)finished / took, percentile(0.5), percentile(0.9),
           percentile(0.99), percentile(1));
    const char *comma = "";
    for (int i = 0; i < 600; i++)
        if (statuses[i]) printf("%s\"%d\": %d", comma, i, statuses[i]), comma = ", ";
    printf("}}\n");
}

static void measureSync(const char *folder) {
    char path[4096];
    static char block[4096];
    snprintf(path, sizeof path, "%s/sync.tmp", folder);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) die(path);
    began = now();
    deadline = began + (uint64_t)(seconds * 1e9);
    for (off_t place = 0; now() < deadline; place = (place + 4096) % (4 << 20)) {
        uint64_t start = now();
        if (pwrite(fd, block, sizeof block, place) < 0 || fdatasync(fd) < 0) die("sync");
        note(start);
    }
    unlink(path);
    report();
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: tokens PORT refresh|code|get|sync CLIENT [-c N] [-s S] [-r RATE]\n");
        return 2;
    }
    int option;
    optind = 4;
    while ((option = getopt(count, words, "c:s:r:")) != -1) {
        switch (option) {
        case 'c': connectionCount = atoi(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'r': rate = atof(optarg); break;
        default: return 2;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    client = words[3];
    if (!strcmp(words[2], "sync")) {
        measureSync(words[3]);
        return 0;
    }
    mode = words[2][0] == 'r' ? REFRESH : words[2][0] == 'c' ? CODE : GET;
    if (connectionCount > CONNECTION_MAX) connectionCount = CONNECTION_MAX;
    poller = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event);
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < connectionCount; i++) {
        Connection *c = &connections[i];
        int one = 1;
        c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(c->fd, (struct sockaddr *)&server, sizeof server) < 0) die("connect");
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        event = (struct epoll_event){.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
        c->step = AUTHORIZE;
        ask(c);
    }
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, 100);
        for (int i = 0; i < ready; i++) {
            Connection *c = events[i].data.ptr;
            if (c) {
                receive(c);
            } else {
                uint64_t ticks;
                if (read(timer, &ticks, sizeof ticks) > 0 && began) pump();
            }
        }
        int busy = 0;
        for (int i = 0; i < connectionCount; i++) busy += connections[i].isBusy;
        if (began && now() >= deadline && !busy) break;
        if (began && now() >= deadline + 15000000000u) {
            fprintf(stderr, "tokens: %d connections wait for an answer\n", busy);
            errors += (uint64_t)busy;
            break;
        }
    }
    report();
    return errors > 0;
}
