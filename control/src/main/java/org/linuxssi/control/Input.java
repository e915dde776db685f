package org.linuxssi.control;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;

/** What a command says while its request is worked on. */
public sealed interface Input {

    /** The bytes of an input. */
    Codec<Input> CODEC = Codec.of(Input::write, Input::read);

    /**
     * The command got a signal that is meant for the program it runs.
     *
     * @param signal 1 to 64
     */
    record Signalled(int signal) implements Input {}

    /** The command's terminal has a new size. */
    record Resized(WindowSize window) implements Input {}

    /** The user gave up: end the request soon, its last reply is still awaited. */
    record Cancel() implements Input {}

    /** The connection is gone: nobody awaits a reply. The server makes this itself; it has no bytes. */
    record HungUp() implements Input {}

    private static void write(Input input, Encoder out) {
        switch (input) {
            case Signalled signalled -> out.i8(0).i8(signalled.signal());
            case Resized resized -> out.i8(1).value(resized.window(), WindowSize.CODEC);
            case Cancel() -> out.i8(2);
            case HungUp() -> throw new IllegalArgumentException("a hang-up is not sent");
        }
    }

    private static Input read(Decoder in) {
        int tag = in.i8();
        return switch (tag) {
            case 0 -> new Signalled(signal(in));
            case 1 -> new Resized(in.value(WindowSize.CODEC));
            case 2 -> new Cancel();
            default -> throw new DecodeException(in.position() - 1, tag + " is no input");
        };
    }

    /** Reads a signal number, 0 to 64. */
    static int signal(Decoder in) {
        int signal = in.i8();
        if (signal > 64) {
            throw new DecodeException(in.position() - 1, signal + " is no signal");
        }
        return signal;
    }
}
