package org.linuxssi.testbed;

import java.util.List;
import org.linuxssi.cli.spi.CommandProvider;

/** Adds {@code krg testbed}. */
public final class TestbedCommands implements CommandProvider {

    @Override
    public List<Object> commands() {
        return List.of(new TestbedCommand(TestBed.of(System.getenv()), System.getenv()));
    }
}
