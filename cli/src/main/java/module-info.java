/** The commands that people type. */
module org.linuxssi.cli {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.control;
    requires info.picocli;
}
