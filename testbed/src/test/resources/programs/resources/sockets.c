/* Sockets of all families. */
#include "resources.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static void pair_of(int kind) {
    int ends[2];
    char bytes[10000], got[20000];
    size_t length = 0;
    MUST(socketpair(AF_UNIX, kind, 0, ends) == 0);
    fill(bytes, sizeof bytes, 1);
    MUST(send(ends[0], bytes, 4000, 0) == 4000 && send(ends[0], bytes + 4000, 6000, 0) == 6000);
    ready();
    for (int i = 0; length < sizeof bytes && i < 1000; i++) {
        ssize_t count = recv(ends[1], got + length, sizeof got - length, 0);
        CHECK(kind == SOCK_STREAM || count == (i ? 6000 : 4000));
        MUST(count > 0);
        length += count;
    }
    CHECK(length == sizeof bytes && filled(got, length, 1));
    CHECK(send(ends[1], "back", 4, 0) == 4 && recv(ends[0], got, 10, 0) == 4);
    close(ends[0]);
    CHECK(kind == SOCK_DGRAM || recv(ends[1], got, 10, 0) == 0);
}

static void stream_pair(void) {
    pair_of(SOCK_STREAM);
}

static void datagram_pair(void) {
    pair_of(SOCK_DGRAM);
}

static void packet_pair(void) {
    pair_of(SOCK_SEQPACKET);
}

static void stream_to_child(void) {
    int ends[2];
    char bytes[10] = "";
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        while (read(ends[1], bytes, 1) == 1) {
            bytes[0]++;
            write(ends[1], bytes, 1);
        }
        _exit(0);
    }
    close(ends[1]);
    MUST(write(ends[0], "a", 1) == 1);
    ready();
    CHECK(write(ends[0], "k", 1) == 1 && recv(ends[0], bytes, 2, MSG_WAITALL) == 2 && memcmp(bytes, "bl", 2) == 0);
    CHECK(shutdown(ends[0], SHUT_WR) == 0 && read(ends[0], bytes, 1) == 0);
    CHECK(waitpid(child, NULL, 0) == child);
}

static void sent_descriptor(void) {
    int ends[2], file = written("sent", 10, 2);
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.header), &file, sizeof file);
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && sendmsg(ends[0], &message, 0) == 1);
    close(file);
    ready();
    char bytes[10];
    part = (struct iovec){bytes, 1};
    CHECK(recvmsg(ends[1], &message, 0) == 1 && message.msg_controllen > 0);
    memcpy(&file, CMSG_DATA(&control.header), sizeof file);
    CHECK(pread(file, bytes, 10, 0) == 10 && filled(bytes, 10, 2));
}

static int listener(const char *path, int length) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, path, length);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    MUST(bind(server, (void *) &name, offsetof(struct sockaddr_un, sun_path) + length) == 0 && listen(server, 3) == 0);
    return server;
}

static void check_served(int server, const char *path, int length) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    char byte = 0;
    memcpy(name.sun_path, path, length);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(client, (void *) &name, offsetof(struct sockaddr_un, sun_path) + length) == 0);
    int connection = accept(server, NULL, NULL);
    CHECK(connection >= 0 && write(client, "x", 1) == 1 && read(connection, &byte, 1) == 1 && byte == 'x');
}

static void listening_path(void) {
    int server = listener("door", 5);
    ready();
    check_served(server, "door", 5);
}

static void listening_abstract(void) {
    char name[40] = "";
    snprintf(name + 1, sizeof name - 1, "resources-%d", getpid());
    int server = listener(name, 20);
    ready();
    check_served(server, name, 20);
}

static void datagrams(void) {
    struct sockaddr_un name = {AF_UNIX, "letters"};
    char bytes[20];
    int box = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
    MUST(bind(box, (void *) &name, sizeof name) == 0);
    MUST(sendto(sender, "letter", 6, 0, (void *) &name, sizeof name) == 6);
    ready();
    CHECK(recv(box, bytes, 20, MSG_DONTWAIT) == 6);
    CHECK(sendto(sender, "other", 5, 0, (void *) &name, sizeof name) == 5 && recv(box, bytes, 20, 0) == 5);
}

static int inet(int kind, int options, struct sockaddr_in *name) {
    socklen_t length = sizeof *name;
    int made = socket(AF_INET, kind | options, 0);
    *name = (struct sockaddr_in){.sin_family = AF_INET};
    MUST(made >= 0 && bind(made, (void *) name, length) == 0);
    if (kind == SOCK_STREAM) {
        MUST(listen(made, 5) == 0);
    }
    MUST(getsockname(made, (void *) name, &length) == 0);
    name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return made;
}

static void tcp_listening(void) {
    struct sockaddr_in name;
    char byte = 0;
    int server = inet(SOCK_STREAM, SOCK_CLOEXEC, &name);
    ready();
    int client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(client, (void *) &name, sizeof name) == 0);
    int connection = accept(server, NULL, NULL);
    CHECK(connection >= 0 && write(client, "x", 1) == 1 && read(connection, &byte, 1) == 1 && byte == 'x');
}

static void tcp_new(void) {
    int one = 1, found = 0;
    socklen_t length = sizeof found;
    int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    MUST(made >= 0 && setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
    ready();
    CHECK(getsockopt(made, IPPROTO_TCP, TCP_NODELAY, &found, &length) == 0 && found == 1);
    CHECK(fcntl(made, F_GETFL) & O_NONBLOCK);
}

static void tcp_connection(void) {
    struct sockaddr_in name;
    char bytes[10];
    int server = inet(SOCK_STREAM, 0, &name), client = socket(AF_INET, SOCK_STREAM, 0);
    MUST(connect(client, (void *) &name, sizeof name) == 0);
    int connection = accept(server, NULL, NULL);
    close(server);
    MUST(connection >= 0 && write(client, "held", 4) == 4);
    ready();
    CHECK(recv(connection, bytes, 4, MSG_WAITALL) == 4 && memcmp(bytes, "held", 4) == 0);
    CHECK(write(connection, "back", 4) == 4 && recv(client, bytes, 4, MSG_WAITALL) == 4);
    close(client);
    CHECK(read(connection, bytes, 1) == 0);
}

static void udp(void) {
    struct sockaddr_in name;
    char bytes[10];
    int box = inet(SOCK_DGRAM, 0, &name), sender = socket(AF_INET, SOCK_DGRAM, 0);
    MUST(connect(sender, (void *) &name, sizeof name) == 0);
    ready();
    CHECK(send(sender, "letter", 6, 0) == 6 && recv(box, bytes, 10, 0) == 6);
}

static void netlink(void) {
    int made = socket(AF_NETLINK, SOCK_RAW, 0);
    MUST(made >= 0);
    ready();
    CHECK(fcntl(made, F_GETFD) == 0);
}

static void raw(void) {
    int made = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    MUST(made >= 0);
    ready();
    CHECK(fcntl(made, F_GETFD) == 0);
}

const struct kind socket_kinds[] = {
    {"unix-stream", "pair of Unix stream sockets, with content", stream_pair},
    {"unix-datagram", "pair of Unix datagram sockets, with content", datagram_pair},
    {"unix-packet", "pair of Unix packet sockets, with content", packet_pair},
    {"unix-child", "Unix stream socket to a child", stream_to_child},
    {"unix-sent", "descriptor sent over a Unix socket, not received yet", sent_descriptor},
    {"unix-listening", "Unix socket that listens at a path", listening_path},
    {"unix-abstract", "Unix socket that listens at an abstract name", listening_abstract},
    {"unix-letters", "Unix datagram socket at a path, with a message", datagrams},
    {"tcp-listening", "TCP socket that listens", tcp_listening},
    {"tcp-new", "TCP socket, new", tcp_new},
    {"tcp-connection", "TCP connection, both ends", tcp_connection},
    {"udp", "UDP sockets, one connected", udp},
    {"netlink", "netlink socket", netlink},
    {"raw", "raw socket", raw},
    {NULL, NULL, NULL},
};
