package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.linuxssi.ghost.SavedSocket.Option;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.linux.Sockets;

/** The options of sockets that an image has: those that can be read and set again and are not as the kernel makes them. */
final class SocketOptions {

    // asm-generic/socket.h
    static final int SO_REUSEADDR = 2;
    private static final int SO_SNDBUF = 7;
    private static final int SO_RCVBUF = 8;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_BUF_LOCK = 72;
    private static final int SEND_SET = 1;
    private static final int RECEIVE_SET = 2;

    // SO_REUSEADDR to SO_RCVLOWAT, timeouts, device, time stamps, mark, and the like
    private static final int[] SOCKET = {
        SO_REUSEADDR,
        15,
        5,
        6,
        9,
        10,
        12,
        13,
        16,
        18,
        20,
        21,
        25,
        29,
        35,
        37,
        34,
        36,
        40,
        42,
        46,
        60,
        83,
        SO_SNDBUF,
        SO_RCVBUF,
        SO_BUF_LOCK
    };

    private static final int IPPROTO_IP = 0;
    // linux/in.h: IP_TOS to IP_LOCAL_PORT_RANGE
    private static final int[] IP = {1, 2, 8, 10, 11, 12, 13, 15, 19, 20, 21, 24, 25, 50, 51};
    // linux/in.h: IP_MULTICAST_IF and so on, of datagrams alone
    private static final int[] IP_MULTICAST = {32, 33, 34, 49};

    private static final int IPPROTO_IPV6 = 41;
    // linux/in6.h: IPV6_V6ONLY first
    private static final int[] IPV6 = {26, 16, 23, 25, 49, 51, 66, 67, 70, 72, 73, 75, 76, 78};
    // linux/in6.h: IPV6_MULTICAST_IF and so on
    private static final int[] IPV6_MULTICAST = {17, 18, 19, 29};

    static final int IPPROTO_TCP = 6;
    // linux/tcp.h: TCP_NODELAY to TCP_TX_DELAY
    private static final int[] TCP = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 18, 23, 25, 30, 36, 37};

    static final int IPPROTO_UDP = 17;
    // linux/udp.h
    private static final int[] UDP = {1, 101, 102, 103, 104};

    private SocketOptions() {}

    private record Name(int level, int number) {}

    private static Stream<Name> names(int domain, int type) {
        Stream<Name> socket = names(Sockets.SOL_SOCKET, SOCKET);
        if (domain == Sockets.AF_UNIX) {
            return socket;
        }
        boolean six = domain == Sockets.AF_INET6;
        Stream<Name> network =
                six ? Stream.concat(names(IPPROTO_IPV6, IPV6), names(IPPROTO_IP, IP)) : names(IPPROTO_IP, IP);
        Stream<Name> transport = type == Sockets.SOCK_STREAM ? names(IPPROTO_TCP, TCP) : datagrams(six);
        return Stream.concat(network, Stream.concat(transport, socket));
    }

    private static Stream<Name> datagrams(boolean six) {
        Stream<Name> four = Stream.concat(names(IPPROTO_UDP, UDP), names(IPPROTO_IP, IP_MULTICAST));
        return six ? Stream.concat(names(IPPROTO_IPV6, IPV6_MULTICAST), four) : four;
    }

    private static Stream<Name> names(int level, int... numbers) {
        return IntStream.of(numbers).mapToObj(number -> new Name(level, number));
    }

    /** Returns the options that differ from those of a new socket. */
    static List<Option> of(int descriptor, int domain, int type) {
        int fresh = Sockets.create(domain, type, 0);
        try {
            List<Option> found = new ArrayList<>();
            names(domain, type).forEach(name -> {
                Optional<byte[]> value = Sockets.option(descriptor, name.level(), name.number());
                Optional<byte[]> usual = Sockets.option(fresh, name.level(), name.number());
                if (value.isPresent() && (usual.isEmpty() || !Arrays.equals(value.get(), usual.get()))) {
                    found.add(new Option(name.level(), name.number(), value.get()));
                }
            });
            return found;
        } finally {
            Descriptors.close(fresh);
        }
    }

    /** Gives a new socket the options of an image. */
    static void set(int descriptor, List<Option> options) {
        for (Option option : options) {
            boolean size = option.level() == Sockets.SOL_SOCKET
                    && (option.name() == SO_SNDBUF || option.name() == SO_RCVBUF)
                    && option.value().length == 4;
            if (size) {
                int force = option.name() == SO_SNDBUF ? SO_SNDBUFFORCE : SO_RCVBUFFORCE;
                Sockets.setNumber(descriptor, option.level(), force, number(option) / 2);
            } else {
                Sockets.setOption(descriptor, option.level(), option.name(), option.value());
            }
        }
    }

    /** Makes room for all that may be sent. */
    static void widen(int descriptor, int bytes) {
        Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SO_SNDBUFFORCE, Math.max(bytes, 1 << 20));
    }

    /** Returns the size of the send buffer. */
    static int sendBuffer(int descriptor) {
        return Sockets.number(descriptor, Sockets.SOL_SOCKET, SO_SNDBUF);
    }

    /** Has the send buffer as it was before {@link #widen}, as far as programs see. */
    static void narrow(int descriptor, int size) {
        Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SO_SNDBUFFORCE, size / 2);
        free(descriptor);
    }

    /** Returns the options without sizes of buffers that nobody has set. */
    static List<Option> withoutGrown(List<Option> options) {
        int set = number(options, Sockets.SOL_SOCKET, SO_BUF_LOCK);
        return options.stream()
                .filter(option -> option.level() != Sockets.SOL_SOCKET
                        || (option.name() != SO_SNDBUF || (set & SEND_SET) != 0)
                                && (option.name() != SO_RCVBUF || (set & RECEIVE_SET) != 0))
                .toList();
    }

    /** Lets the sizes of buffers be as they should. */
    static void free(int descriptor) {
        Sockets.setNumber(descriptor, Sockets.SOL_SOCKET, SO_BUF_LOCK, 0);
    }

    /** Returns an option that is a number; 0 when it is as usual. */
    static int number(List<Option> options, int level, int name) {
        return options.stream()
                .filter(option -> option.level() == level && option.name() == name && option.value().length >= 4)
                .mapToInt(SocketOptions::number)
                .findFirst()
                .orElse(0);
    }

    private static int number(Option option) {
        byte[] value = option.value();
        return (value[0] & 0xff) | (value[1] & 0xff) << 8 | (value[2] & 0xff) << 16 | value[3] << 24;
    }
}
