/** The cluster seen through /proc. */
module org.linuxssi.procfs {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.proc;

    exports org.linuxssi.procfs;
}
