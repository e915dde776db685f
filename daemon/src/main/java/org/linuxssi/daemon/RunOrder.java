package org.linuxssi.daemon;

import java.util.List;
import org.linuxssi.control.Request;
import org.linuxssi.proc.LaunchRequest.Credentials;
import org.linuxssi.stream.StreamTicket;
import org.linuxssi.tools.Codec;
import org.linuxssi.tools.DecodeException;
import org.linuxssi.tools.Encoder;

/**
 * A program that another node is to run.
 *
 * @param run what the user typed
 * @param user as whom
 * @param tickets of its descriptors, as {@link Request.Run#descriptors} numbers them
 */
record RunOrder(Request.Run run, Credentials user, List<StreamTicket> tickets) {

    private static final int GROUPS = 65536;
    private static final Codec<Integer> NUMBER = Codec.of((value, out) -> out.i32(value), in -> in.i32());

    static final Codec<RunOrder> CODEC = Codec.of(
            RunOrder::write,
            in -> new RunOrder(
                    run(in.value(Request.CODEC)),
                    new Credentials(in.i32(), in.i32(), in.list(GROUPS, NUMBER)),
                    in.list(3, StreamTicket.CODEC)));

    private static void write(RunOrder order, Encoder out) {
        out.value(order.run, Request.CODEC).i32(order.user.uid()).i32(order.user.gid());
        out.list(order.user.groups(), NUMBER).list(order.tickets, StreamTicket.CODEC);
    }

    private static Request.Run run(Request request) {
        if (request instanceof Request.Run run) {
            return run;
        }
        throw new DecodeException(0, request.getClass().getSimpleName() + " is no order to run a program");
    }
}
