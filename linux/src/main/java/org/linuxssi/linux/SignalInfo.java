package org.linuxssi.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a signal carries ({@code siginfo_t}, {@code asm-generic/siginfo.h}), for signals that processes and terminals
 * send.
 *
 * @param number the signal
 * @param code who sent it, {@link Signals#SI_USER} and the like
 * @param pid the sender as its name space numbers it, 0 when it is outside
 * @param uid the sender's real user
 * @param value of sigqueue(3); of a SIGCHLD, its status
 */
public record SignalInfo(int number, int code, int pid, int uid, long value) {

    /** Bytes of the kernel's structure. */
    public static final int SIZE = 128;

    /** Returns the signal that a structure of the kernel holds. */
    public static SignalInfo of(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return new SignalInfo(in.getInt(0), in.getInt(8), in.getInt(16), in.getInt(20), in.getLong(24));
    }

    /** Returns the kernel's structure. */
    public byte[] toBytes() {
        ByteBuffer out = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0, number).putInt(8, code).putInt(16, pid).putInt(20, uid).putLong(24, value);
        return out.array();
    }

    /** Returns the same signal with another code; only negative codes but SI_TKILL can be sent to others. */
    public SignalInfo withCode(int other) {
        return new SignalInfo(number, other, pid, uid, value);
    }
}
