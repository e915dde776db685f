package org.linuxssi.bench.peers;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * What a node is told to do.
 *
 * @param version of the values to be written or expected
 * @param numbers keys mostly, see the actions
 */
record Order(Action action, long version, long... numbers) {

    /** What is done. */
    enum Action {
        /** Starts the node; answers when the cluster is whole. */
        START,
        /** Names keys from a first one on whose reads this node answers itself: first, how many. */
        HERE,
        /** Names keys from a first one on whose reads need another node: first, how many. */
        OTHERS,
        /** Writes keys; answers the nanoseconds of each. */
        WRITE,
        /** Reads keys and checks the values; answers the nanoseconds of each. */
        READ,
        /** Reads keys in turn, many times; answers the nanoseconds of each {@link Node#BATCH} reads: how many batches, keys. */
        READ_MANY,
        /** Takes and frees a lock for a while: its number, milliseconds; answers when each was asked for, got and freed. */
        LOCK,
        /** Answers the port of this node's echo. */
        ECHO,
        /** Exchanges bytes with the echo at a port: port, how often; answers the nanoseconds of each. */
        EXCHANGE,
        /** Reads and writes keys until it worked, whatever fails meanwhile; answers the time after each. */
        RECOVER
    }

    private static final Action[] ACTIONS = Action.values();

    void send(DataOutputStream out) throws IOException {
        out.writeByte(action.ordinal());
        out.writeLong(version);
        sendNumbers(out, numbers);
        out.flush();
    }

    static Order receive(DataInputStream in) throws IOException {
        return new Order(ACTIONS[in.readByte()], in.readLong(), receiveNumbers(in));
    }

    static void sendNumbers(DataOutputStream out, long[] numbers) throws IOException {
        out.writeInt(numbers.length);
        for (long number : numbers) {
            out.writeLong(number);
        }
    }

    static long[] receiveNumbers(DataInputStream in) throws IOException {
        long[] numbers = new long[in.readInt()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = in.readLong();
        }
        return numbers;
    }
}
