/** The container of a node, its processes, their supervision and their proxies elsewhere. */
module org.linuxssi.proc {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.stream;

    exports org.linuxssi.proc;
}
