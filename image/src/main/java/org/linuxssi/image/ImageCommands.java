package org.linuxssi.image;

import java.util.List;
import org.linuxssi.cli.spi.CommandProvider;

/** Adds {@code krg image}. */
public final class ImageCommands implements CommandProvider {

    @Override
    public List<Object> commands() {
        return List.of(new ImageCommand());
    }
}
