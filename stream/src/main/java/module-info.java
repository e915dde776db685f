/** Descriptors whose other end lives on another node. */
module org.linuxssi.stream {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.ghost;

    exports org.linuxssi.stream;
}
