/** The local control protocol between commands and the daemon. */
module org.linuxssi.control {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.tools;
    requires transitive org.linuxssi.linux;

    exports org.linuxssi.control;
}
