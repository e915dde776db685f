/** Enhanced process management: create and migrate processes. */
module org.linuxssi.epm {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.proc;

    exports org.linuxssi.epm;
    exports org.linuxssi.epm.spi;
}
