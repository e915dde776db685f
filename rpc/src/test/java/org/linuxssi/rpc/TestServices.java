package org.linuxssi.rpc;

import org.linuxssi.rpc.Service.Dispatch;
import org.linuxssi.tools.Codec;

/** Services that tests speak. */
final class TestServices {

    static final Codec<String> TEXT = Codec.of((text, out) -> out.text(text), in -> in.text(1 << 20));
    static final Service<String, String> ECHO = Service.of(60001, "echo", TEXT, TEXT, Dispatch.INLINE);
    static final Service<String, String> SLOW = Service.of(60002, "slow", TEXT, TEXT, Dispatch.BLOCKING);
    static final Service<String, String> ABSENT = Service.of(60003, "absent", TEXT, TEXT, Dispatch.BLOCKING);
    static final Service<String, String> PASS = Service.of(60004, "pass", TEXT, TEXT, Dispatch.BLOCKING);
    static final Service<String, Codec.Nothing> BULK =
            Service.of(60005, "bulk", TEXT, Codec.NOTHING, Dispatch.BLOCKING);

    private TestServices() {}
}
