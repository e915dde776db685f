/** The commands that people type. */
module org.linuxssi.cli {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.control;
    requires transitive info.picocli;

    exports org.linuxssi.cli.spi;

    uses org.linuxssi.cli.spi.CommandProvider;
}
