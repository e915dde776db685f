import org.linuxssi.cli.spi.CommandProvider;
import org.linuxssi.testbed.TestbedCommands;

/** Many real nodes on one machine, for tests and demonstrations. */
module org.linuxssi.testbed {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.linux;
    requires transitive org.linuxssi.daemon;
    requires transitive org.linuxssi.cli;

    exports org.linuxssi.testbed;

    opens org.linuxssi.testbed to
            info.picocli;

    provides CommandProvider with
            TestbedCommands;
}
