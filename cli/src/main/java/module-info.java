/** The commands that people type. */
module org.linuxssi.cli {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.control;
    requires transitive info.picocli;

    exports org.linuxssi.cli;
    exports org.linuxssi.cli.spi;

    opens org.linuxssi.cli to
            info.picocli;

    uses org.linuxssi.cli.spi.CommandProvider;
}
