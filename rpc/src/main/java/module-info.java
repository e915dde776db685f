/** Messages between daemons: named services over an exchangeable transport. */
module org.linuxssi.rpc {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.tools;

    exports org.linuxssi.rpc;
}
