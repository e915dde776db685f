/** Codecs, clocks, node masks and life cycles: what every layer uses and that knows no layer. */
module org.linuxssi.tools {
    requires static transitive org.jspecify;

    exports org.linuxssi.tools;
}
