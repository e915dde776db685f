/** Messages between daemons: named services over an exchangeable transport. */
module org.linuxssi.rpc {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.tools;
    requires org.bouncycastle.pkix;
    requires org.bouncycastle.provider;
    requires org.bouncycastle.util;

    exports org.linuxssi.rpc;
}
