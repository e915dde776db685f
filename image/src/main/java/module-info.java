import org.linuxssi.cli.spi.CommandProvider;
import org.linuxssi.image.ImageCommands;

/** Looks into saved versions of applications. */
module org.linuxssi.image {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.checkpoint;
    requires transitive org.linuxssi.cli;

    exports org.linuxssi.image;

    opens org.linuxssi.image to
            info.picocli;

    provides CommandProvider with
            ImageCommands;
}
