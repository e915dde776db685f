/** Images of processes and of the resources they hold. */
module org.linuxssi.ghost {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.kddm;
    requires transitive org.linuxssi.linux;
    requires transitive org.linuxssi.tools;

    exports org.linuxssi.ghost;
    exports org.linuxssi.ghost.spi;

    opens org.linuxssi.ghost to
            org.linuxssi.tools;
}
