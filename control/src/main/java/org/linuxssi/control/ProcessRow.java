package org.linuxssi.control;

import org.linuxssi.tools.Codec;
import org.linuxssi.tools.Decoder;
import org.linuxssi.tools.Encoder;
import org.linuxssi.tools.NodeId;

/**
 * One process of the cluster.
 *
 * @param pid its pid
 * @param parent its parent's pid
 * @param group its process group
 * @param session its session
 * @param uid its effective user
 * @param node where it lives
 * @param home the node that gave it its pid
 * @param state the letter of proc(5): R, S, D, T, t, Z, X, I
 * @param cpuMillis user and system time, milliseconds
 * @param residentBytes resident memory
 * @param threads number of threads
 * @param startMillis start, milliseconds since 1970
 * @param command the command line, or the name in brackets when it has none
 */
public record ProcessRow(
        int pid,
        int parent,
        int group,
        int session,
        int uid,
        NodeId node,
        NodeId home,
        char state,
        long cpuMillis,
        long residentBytes,
        int threads,
        long startMillis,
        String command) {

    /** The most bytes of a command line; a longer one is cut. */
    public static final int COMMAND = 4096;

    static final Codec<ProcessRow> CODEC = Codec.of(ProcessRow::write, ProcessRow::read);

    /** Cuts a command line that is too long. */
    public ProcessRow {
        if (command.length() > COMMAND / 3) {
            command = command.substring(0, COMMAND / 3);
        }
    }

    private static void write(ProcessRow row, Encoder out) {
        out.i32(row.pid).i32(row.parent).i32(row.group).i32(row.session).i32(row.uid);
        out.node(row.node).node(row.home).i8(row.state);
        out.i64(row.cpuMillis).i64(row.residentBytes).i32(row.threads);
        out.i64(row.startMillis).text(row.command);
    }

    private static ProcessRow read(Decoder in) {
        return new ProcessRow(
                in.i32(),
                in.i32(),
                in.i32(),
                in.i32(),
                in.i32(),
                in.node(),
                in.node(),
                (char) in.i8(),
                in.i64(),
                in.i64(),
                in.i32(),
                in.i64(),
                in.text(COMMAND));
    }
}
